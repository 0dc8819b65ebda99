#include "dense.h"

void classical_layer_run(const classical_layer *l, const int8_t *x, int8_t *out) {
    for (uint8_t i = 0; i < l->outputs; i++) {
        const int32_t sum =
            classical_i32(l->bias + i) + classical_dot(l->weights + (uint16_t)i * l->inputs, x, l->inputs);
        const int32_t value = (sum * l->multiplier + (INT32_C(1) << (l->shift - 1))) >> l->shift;
        out[i] = (int8_t)(value < l->least ? l->least : value > 127 ? 127 : value);
    }
}

uint8_t classical_mlp_run(const classical_mlp *m, const int8_t *x, int32_t *scores) {
    int8_t hidden[CLASSICAL_MAX_HIDDEN];
    classical_layer_run(&m->hidden, x, hidden);
    return classical_linear_run(&m->output, hidden, scores);
}
