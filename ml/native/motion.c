// A whole recording in one call from Python (ml/native/motion.py).
#include "frontend/motion.h"

#include <stddef.h>

void motion_recording(uint8_t shift, const int16_t (*samples)[MOTION_AXES], size_t count, motion_values *values) {
    motion m;
    motion_init(&m, shift);
    for (size_t i = 0; i < count; i++) values[i] = motion_push(&m, samples[i]);
}
