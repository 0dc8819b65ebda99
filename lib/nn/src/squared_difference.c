#include "broadcast.h"
#include "nn/requantise.h"

static void squared_difference_row(const void *params, uint32_t count, const int8_t *a, uint32_t a_step,
                                   const int8_t *b, uint32_t b_step, int8_t *output) {
    const nn_squared_difference_params *layer = (const nn_squared_difference_params *)params;
    for (uint32_t i = 0; i < count; i++, a += a_step, b += b_step) {
        const int32_t one = (int32_t)1 << NN_SQUARED_DIFFERENCE_UP;
        const int32_t left = nn_requantise((*a - layer->a_zero) * one, layer->a_multiplier, layer->a_shift);
        const int32_t right = nn_requantise((*b - layer->b_zero) * one, layer->b_multiplier, layer->b_shift);
        const int32_t square = (left - right) * (left - right);
        const int32_t scaled = nn_requantise(square, layer->output_multiplier, layer->output_shift);
        output[i] = (int8_t)nn_clamp(scaled + layer->output_zero, INT8_MIN, INT8_MAX);
    }
}

void nn_squared_difference(const nn_squared_difference_params *layer, const int8_t *a, const int8_t *b,
                           int8_t *output) {
    nn_broadcast_rows(&layer->shape, squared_difference_row, layer, a, b, output);
}
