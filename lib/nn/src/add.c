#include "broadcast.h"
#include "nn/requantise.h"

static void add_row(const void *params, uint32_t count, const int8_t *a, uint32_t a_step, const int8_t *b,
                    uint32_t b_step, int8_t *output) {
    const nn_add_params *layer = (const nn_add_params *)params;
    const int32_t one = (int32_t)1 << layer->left_shift;
    for (uint32_t i = 0; i < count; i++, a += a_step, b += b_step) {
        const int32_t left = nn_requantise((*a - layer->a_zero) * one, layer->a_multiplier, layer->a_shift);
        const int32_t right = nn_requantise((*b - layer->b_zero) * one, layer->b_multiplier, layer->b_shift);
        const int32_t sum = nn_requantise(left + layer->sign * right, layer->output_multiplier, layer->output_shift);
        output[i] = (int8_t)nn_clamp(sum + layer->output_zero, layer->min, layer->max);
    }
}

void nn_add(const nn_add_params *layer, const int8_t *a, const int8_t *b, int8_t *output) {
    nn_broadcast_rows(&layer->shape, add_row, layer, a, b, output);
}
