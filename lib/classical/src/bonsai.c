#include "dense.h"

static int32_t clipped(int32_t value, uint8_t shift) {
    value = (value + ((INT32_C(1) << shift) >> 1)) >> shift;
    return value < -127 ? -127 : value > 127 ? 127 : value;
}

uint8_t classical_bonsai_run(const classical_bonsai *m, const int8_t *x, int32_t *scores) {
    int8_t z[CLASSICAL_MAX_HIDDEN];
    const uint8_t size = m->projection.outputs;
    uint8_t node = 0;
    classical_layer_run(&m->projection, x, z);
    for (uint8_t i = 0; i < m->classes; i++) scores[i] = 0;
    for (uint8_t level = 0; level <= m->depth; level++) {
        for (uint8_t i = 0; i < m->classes; i++) {
            const uint16_t at = (uint16_t)((uint16_t)node * m->classes + i) * size;
            scores[i] += classical_dot(m->w + at, z, size) * clipped(classical_dot(m->v + at, z, size), m->shift);
        }
        if (level == m->depth) break;
        const int32_t side = classical_dot(m->theta + (uint16_t)node * size, z, size);
        node = (uint8_t)(2 * node + (side > 0 ? 2 : 1));
    }
    return classical_best(scores, m->classes);
}
