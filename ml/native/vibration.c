// A whole recording through the front end in one call from Python (ml/native/vibration.py).
#include "frontend/vibration.h"

typedef struct {
    int8_t *features;     // [blocks][features], or null for:
    int32_t *features_q8; // the same before scaling
    uint32_t saturated;
} vibration_result;

// Returns VIBRATION_OK, or VIBRATION_ERR_CONFIG. There is room for every block.
int vibration_recording(const vibration_config *config, const int16_t *samples, size_t count,
                        vibration_result *result) {
    vibration v;
    const int status = vibration_init(&v, config);
    if (status != VIBRATION_OK) return status;
    const uint32_t features = vibration_features(config);
    for (size_t taken = 0; taken < count;) {
        taken += vibration_push(&v, samples + taken * config->axes, count - taken);
        if (result->features) {
            if (vibration_pop(&v, result->features)) result->features += features;
        } else if (vibration_pop_q8(&v, result->features_q8)) {
            result->features_q8 += features;
        }
    }
    result->saturated = v.saturated;
    return VIBRATION_OK;
}
