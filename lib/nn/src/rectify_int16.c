#include "nn/int16.h"
#include "nn/requantise.h"

void nn_rectify_int16(const nn_rectify_params *layer, const int16_t *input, int16_t *output) {
    for (uint32_t i = 0; i < layer->count; i++) {
        const int32_t x = input[i];
        const int32_t scaled = x < 0 ? nn_requantise(x, layer->negative_multiplier, layer->negative_shift)
                                     : nn_requantise(x, layer->multiplier, layer->shift);
        output[i] = (int16_t)nn_clamp(scaled, layer->min, layer->max);
    }
}
