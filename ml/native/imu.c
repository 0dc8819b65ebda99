// A whole recording through the front end in one call from Python (ml/native/imu.py).
#include "frontend/imu.h"

#include <stddef.h>
#include <string.h>

typedef struct {
    size_t room;      // of windows and sample
    int8_t *windows;  // [room][window][IMU_AXES]
    uint32_t *sample; // [room]: index of the sample that completed the window
    uint32_t *level;  // [room]: how much moves in it
    bool *held;       // [room]: within the limit of the hold
    uint32_t saturated[IMU_AXES];
} imu_result;

// Returns how many windows were written, at most result->room.
size_t imu_windows(const imu_config *config, uint32_t sensor_rate_mhz, int16_t (*history)[IMU_AXES],
                   const int16_t (*samples)[IMU_AXES], size_t count, imu_result *result) {
    imu_frontend f;
    imu_init(&f, config, sensor_rate_mhz, history);
    size_t made = 0;
    for (size_t i = 0; i < count; i++) {
        if (!imu_push(&f, samples[i]) || made == result->room) continue;
        imu_window(&f, result->windows + made * config->window * IMU_AXES);
        result->level[made] = imu_level(&f);
        result->held[made] = imu_held(&f);
        result->sample[made++] = (uint32_t)i;
    }
    memcpy(result->saturated, f.saturated, sizeof result->saturated);
    return made;
}

// The last window of each of `count` pieces of `length` samples at the model's rate, each from a fresh start.
void imu_last_windows(const imu_config *config, int16_t (*history)[IMU_AXES], const int16_t (*samples)[IMU_AXES],
                      size_t count, size_t length, int8_t *windows, bool *held) {
    imu_frontend f;
    for (size_t piece = 0; piece < count; piece++) {
        imu_init(&f, config, 0, history);
        for (size_t i = 0; i < length; i++) imu_push(&f, *samples++);
        imu_window(&f, windows + piece * config->window * IMU_AXES);
        held[piece] = imu_held(&f);
    }
}
