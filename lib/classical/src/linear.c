#include "dense.h"

uint8_t classical_linear_run(const classical_linear *m, const int8_t *x, int32_t *scores) {
    for (uint8_t i = 0; i < m->classes; i++)
        scores[i] = classical_i32(m->bias + i) + classical_dot(m->weights + (uint16_t)i * m->inputs, x, m->inputs);
    return classical_best(scores, m->classes);
}
