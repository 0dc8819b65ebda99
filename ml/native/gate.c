// A whole series of levels through a gate in one call from Python (ml/native/gate.py).
#include "decide/gate.h"

#include <stddef.h>

void gate_all(const gate_config *config, const uint32_t *level, size_t steps, bool *open) {
    gate g;
    gate_init(&g, config);
    for (size_t i = 0; i < steps; i++) open[i] = gate_push(&g, level[i]);
}
