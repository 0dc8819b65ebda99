#include "broadcast.h"

static void maximum_row(const void *unused, uint32_t count, const int8_t *a, uint32_t a_step, const int8_t *b,
                        uint32_t b_step, int8_t *output) {
    (void)unused;
    for (uint32_t i = 0; i < count; i++, a += a_step, b += b_step) output[i] = *a > *b ? *a : *b;
}

static void minimum_row(const void *unused, uint32_t count, const int8_t *a, uint32_t a_step, const int8_t *b,
                        uint32_t b_step, int8_t *output) {
    (void)unused;
    for (uint32_t i = 0; i < count; i++, a += a_step, b += b_step) output[i] = *a < *b ? *a : *b;
}

void nn_maximum(const nn_broadcast *shape, const int8_t *a, const int8_t *b, int8_t *output) {
    nn_broadcast_rows(shape, maximum_row, shape, a, b, output);
}

void nn_minimum(const nn_broadcast *shape, const int8_t *a, const int8_t *b, int8_t *output) {
    nn_broadcast_rows(shape, minimum_row, shape, a, b, output);
}
