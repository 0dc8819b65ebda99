// A whole recording through the control flow of keyword spotting in one call from Python (ml/native/spotter.py).
#include "spotter/spotter.h"

#include <stddef.h>
#include <string.h>

// frames int8 [count][bands] -> awake [windows], and where there is a network scores int8 [windows][output_size], 0
// where it sleeps. `rows`: all rows of the last window, where there is one. Returns how often it started afresh.
uint32_t spotter_all(const spotter_config *config, const nn_stream *network, int8_t *ring, const int8_t *frames,
                     size_t count, bool *awake, int8_t *scores, int8_t *rows) {
    spotter s;
    spotter_init(&s, config, network, ring);
    const size_t size = network ? network->model->output_size : 0;
    for (size_t i = 0; i < count; i++) {
        if (spotter_hear(&s, frames + i * config->bands) != SPOTTER_WINDOW) continue;
        *awake = spotter_run(&s);
        if (size && *awake)
            memcpy(scores, network->model->output, size);
        else if (size)
            memset(scores, 0, size);
        spotter_window(&s, rows);
        awake++;
        scores += size;
    }
    return s.restarts;
}
