// A whole recording through the front end in one call from Python (ml/native/imu.py).
#include "frontend/imu.h"

#include <stddef.h>

// samples int16 [count][6] -> windows int8 [.][window][6], at most `room` of them, and their count; `sample` (same
// length) receives the index of the sample that completed each.
size_t imu_windows(imu_frontend *f, const int16_t (*samples)[IMU_AXES], size_t count, int8_t *windows, uint32_t *sample,
                   size_t room) {
    size_t made = 0;
    size_t size = (size_t)f->config->window * IMU_AXES;
    for (size_t i = 0; i < count; i++) {
        if (!imu_push(f, samples[i]) || made == room) continue;
        imu_window(f, windows + made * size);
        sample[made++] = (uint32_t)i;
    }
    return made;
}
