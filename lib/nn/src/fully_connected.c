#include "nn/fully_connected.h"

#include "nn/requantise.h"

void nn_fully_connected(const nn_fully_connected_params *layer, const int8_t *input, int8_t *output) {
    for (int32_t batch = 0; batch < layer->batches; batch++, input += layer->inputs) {
        const int8_t *weight = layer->weights;
        for (int32_t c = 0; c < layer->outputs; c++) {
            int32_t sum = layer->bias[c];
            for (int32_t i = 0; i < layer->inputs; i++) sum += *weight++ * input[i];
            const int32_t scaled = nn_rescale(sum, layer->multiplier, layer->shift, layer->output_zero);
            *output++ = (int8_t)nn_clamp(scaled, layer->min, layer->max);
        }
    }
}
