#include "dense.h"

uint8_t classical_gaussian_run(const classical_gaussian *m, const int8_t *x, int32_t *scores) {
    const int8_t *mean = m->mean;
    const uint8_t *weight = m->weight;
    for (uint8_t i = 0; i < m->classes; i++) {
        scores[i] = classical_i32(m->offset + i);
        for (uint8_t j = 0; j < m->inputs; j++) {
            const int16_t step = (int16_t)(x[j] - classical_i8(mean++));
            scores[i] -= (int32_t)step * step * classical_u8(weight++);
        }
    }
    return classical_best(scores, m->classes);
}
