// A whole recording through the machine's states in one call from Python (ml/native/machine.py).
#include "anomaly/machine.h"

#include <stddef.h>

// For each sample the state after it, and for how many samples the machine was steady if it may be judged there, else
// 0.
int machine_recording(const machine_config *config, const int16_t *samples, size_t count, uint8_t *state,
                      uint32_t *steady) {
    machine m;
    const int status = machine_init(&m, config);
    if (status != MACHINE_OK) return status;
    for (size_t i = 0; i < count; i++) {
        machine_push(&m, samples + i * config->axes);
        state[i] = (uint8_t)m.state;
        steady[i] = machine_judges(&m, 1) ? m.steady : 0;
    }
    return MACHINE_OK;
}
