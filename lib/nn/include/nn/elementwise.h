// elementwise.h: operators that combine two int8 tensors element by element, or map one through a table.
#ifndef NN_ELEMENTWISE_H
#define NN_ELEMENTWISE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// How two tensors of different shapes meet: five sides of the output and how far each input moves along each of them,
// in elements; 0 where an input is repeated.
typedef struct {
    uint32_t side[5];
    uint32_t a[5], b[5];
} nn_broadcast;

// out = requantise(a * scale_a + b * scale_b); SUB is an ADD with a negative multiplier_b.
typedef struct {
    nn_broadcast shape;
    int16_t a_zero, b_zero, output_zero;
    int16_t min, max;
    int8_t left_shift, a_shift, b_shift, output_shift;
    int32_t a_multiplier, b_multiplier, output_multiplier;
} nn_add_params;

void nn_add(const nn_add_params *layer, const int8_t *a, const int8_t *b, int8_t *output);

// output[i] = table[input[i] + 128]
void nn_lookup(const int8_t table[256], uint32_t count, const int8_t *input, int8_t *output);

#ifdef __cplusplus
}
#endif
#endif
