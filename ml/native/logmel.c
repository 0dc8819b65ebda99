// A whole recording through the front end in one call from Python (ml/native/logmel.py).
#include "frontend/logmel.h"

typedef struct {
    int8_t *frames;     // [frames][outputs], or null for:
    int32_t *frames_q8; // the same before scaling
    uint32_t clipped_low, clipped_high;
} logmel_result;

// Returns LOGMEL_OK, or LOGMEL_ERR_CONFIG. There is room for every frame.
int logmel_recording(const logmel_config *config, const int16_t *pcm, size_t count, logmel_result *result) {
    logmel m;
    const size_t outputs = config->cepstra ? config->cepstra : config->bands;
    const int status = logmel_init(&m, config);
    if (status != LOGMEL_OK) return status;
    for (size_t taken = 0; taken < count;) {
        taken += logmel_push(&m, pcm + taken, count - taken);
        if (result->frames) {
            if (logmel_pop(&m, result->frames)) result->frames += outputs;
        } else if (logmel_pop_q8(&m, result->frames_q8)) {
            result->frames_q8 += outputs;
        }
    }
    result->clipped_low = m.clipped_low;
    result->clipped_high = m.clipped_high;
    return LOGMEL_OK;
}
