// A whole recording through the voice-activity level in one call from Python (ml/native/vad.py).
#include "frontend/vad.h"

#include <stddef.h>

// frames int8 [count][bands] -> level [count]
void vad_all(const vad_config *config, const int8_t *frames, size_t bands, size_t count, uint32_t *level) {
    vad v;
    vad_init(&v, config);
    for (size_t i = 0; i < count; i++) level[i] = vad_push(&v, frames + i * bands);
}
