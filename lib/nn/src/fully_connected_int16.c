#include "scale_int16.h"

void nn_fully_connected_int16(const nn_fully_connected_int16_params *layer, const int16_t *input, int16_t *output) {
    for (int32_t batch = 0; batch < layer->batches; batch++, input += layer->inputs) {
        const int8_t *weight = layer->weights;
        for (int32_t c = 0; c < layer->outputs; c++) {
            int64_t sum = 0;
            for (int32_t i = 0; i < layer->inputs; i++) sum += *weight++ * input[i];
            *output++ = nn_scale_sum(&layer->scale, c, sum);
        }
    }
}
