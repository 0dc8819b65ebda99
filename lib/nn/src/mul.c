#include "broadcast.h"
#include "nn/requantise.h"

static void mul_row(const void *params, uint32_t count, const int8_t *a, uint32_t a_step, const int8_t *b,
                    uint32_t b_step, int8_t *output) {
    const nn_mul_params *layer = (const nn_mul_params *)params;
    for (uint32_t i = 0; i < count; i++, a += a_step, b += b_step) {
        const int32_t product = (*a - layer->a_zero) * (*b - layer->b_zero);
        const int32_t scaled = nn_rescale(product, layer->multiplier, layer->shift, layer->output_zero);
        output[i] = (int8_t)nn_clamp(scaled, layer->min, layer->max);
    }
}

void nn_mul(const nn_mul_params *layer, const int8_t *a, const int8_t *b, int8_t *output) {
    nn_broadcast_rows(&layer->shape, mul_row, layer, a, b, output);
}
