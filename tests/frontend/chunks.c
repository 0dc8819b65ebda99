// Audio in pieces of any size, for tests/frontend/test_logmel.py.
#include "frontend/logmel.h"

// Returns how many frames were made; pushes never take more than is offered, nor anything while a frame is due.
int logmel_chunks(const logmel_config *config, const int16_t *pcm, const uint32_t *sizes, size_t chunks,
                  int8_t *frames) {
    logmel m;
    int made = 0;
    if (logmel_init(&m, config) != LOGMEL_OK) return -1;
    for (size_t i = 0; i < chunks; i++) {
        for (size_t done = 0; done < sizes[i];) {
            const size_t taken = logmel_push(&m, pcm, sizes[i] - done);
            if (taken > sizes[i] - done) return -2;
            pcm += taken;
            done += taken;
            if (!logmel_pop(&m, frames)) continue;
            if (logmel_pop(&m, frames)) return -3; // one frame is due once
            frames += config->cepstra ? config->cepstra : config->bands;
            made++;
        }
        if (logmel_push(&m, pcm, 0) != 0) return -4;
    }
    return made;
}
