#include "nn/int16.h"
#include "nn/requantise.h"

static int32_t rescaled(const nn_quantise_params *layer, int32_t x) {
    return nn_rescale(x - layer->input_zero, layer->multiplier, layer->shift, layer->output_zero);
}

void nn_quantise_int8_to_int16(const nn_quantise_params *layer, const int8_t *input, int16_t *output) {
    for (uint32_t i = 0; i < layer->count; i++) {
        output[i] = (int16_t)nn_clamp(rescaled(layer, input[i]), INT16_MIN, INT16_MAX);
    }
}

void nn_quantise_int16_to_int8(const nn_quantise_params *layer, const int16_t *input, int8_t *output) {
    for (uint32_t i = 0; i < layer->count; i++) {
        output[i] = (int8_t)nn_clamp(rescaled(layer, input[i]), INT8_MIN, INT8_MAX);
    }
}

void nn_quantise_int16(const nn_quantise_params *layer, const int16_t *input, int16_t *output) {
    for (uint32_t i = 0; i < layer->count; i++) {
        output[i] = (int16_t)nn_clamp(rescaled(layer, input[i]), INT16_MIN, INT16_MAX);
    }
}
