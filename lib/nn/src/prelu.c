#include "broadcast.h"
#include "nn/requantise.h"

static void prelu_row(const void *params, uint32_t count, const int8_t *x, uint32_t x_step, const int8_t *slope,
                      uint32_t slope_step, int8_t *output) {
    const nn_prelu_params *layer = (const nn_prelu_params *)params;
    for (uint32_t i = 0; i < count; i++, x += x_step, slope += slope_step) {
        const int32_t value = *x - layer->input_zero;
        const int32_t made = value >= 0 ? nn_rescale(value, layer->multiplier, layer->shift, layer->output_zero)
                                        : nn_rescale(value * (*slope - layer->slope_zero), layer->slope_multiplier,
                                                     layer->slope_shift, layer->output_zero);
        output[i] = (int8_t)nn_clamp(made, INT8_MIN, INT8_MAX);
    }
}

void nn_prelu(const nn_prelu_params *layer, const int8_t *input, const int8_t *slope, int8_t *output) {
    nn_broadcast_rows(&layer->shape, prelu_row, layer, input, slope, output);
}
