// A whole recording through the fall detector's front end in one call from Python (ml/native/impact.py).
#include "frontend/impact.h"

#include <stddef.h>

typedef struct {
    uint32_t *sample; // [steps]: index of the sample that completed the step
    uint32_t *level;  // [steps]
    size_t room;      // of windows
    int8_t *windows;  // [room][window][IMPACT_VALUES], of the steps whose level is `least` or more
} impact_result;

// Returns how many steps were made.
size_t impact_recording(const impact_config *config, uint32_t sensor_rate_mhz, int16_t (*history)[IMU_AXES],
                        const int16_t (*samples)[IMPACT_AXES], size_t count, uint32_t least, impact_result *result) {
    impact_frontend f;
    impact_init(&f, config, sensor_rate_mhz, history);
    size_t steps = 0, made = 0;
    for (size_t i = 0; i < count; i++) {
        if (!impact_push(&f, samples[i])) continue;
        const uint32_t level = impact_level(&f);
        result->sample[steps] = (uint32_t)i;
        result->level[steps++] = level;
        if (level >= least && made < result->room)
            impact_window(&f, result->windows + made++ * f.ring.window * IMPACT_VALUES);
    }
    return steps;
}
