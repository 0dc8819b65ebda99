// count.h: a reason has to last before it is told, and its absence before it is withdrawn.
#ifndef HEALTH_COUNT_H
#define HEALTH_COUNT_H

#include "health/health.h"

// `channels`: those for which the reason is true now; 0: it is not. Told after `told` times in a row, withdrawn after
// `ended`.
void health_tell(health *h, health_reason reason, uint8_t channels, uint8_t told, uint8_t ended);

static inline uint8_t health_all(const health *h) {
    return (uint8_t)((1u << h->channels) - 1);
}

#endif
