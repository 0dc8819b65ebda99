#include "nn/pool.h"

static int8_t largest_of(const nn_reduction *layer, const int8_t *input, int32_t step_1, int32_t step_0) {
    int8_t largest = INT8_MIN;
    for (int32_t i = 0; i < layer->reduced[0]; i++) {
        for (int32_t j = 0; j < layer->reduced[1]; j++) {
            const int8_t value = input[i * step_0 + j * step_1];
            largest = value > largest ? value : largest;
        }
    }
    return largest;
}

void nn_reduce_max(const nn_reduction *layer, const int8_t *input, int8_t *output) {
    const int32_t step_1 = layer->kept[2];
    const int32_t middle = step_1 * layer->reduced[1];
    const int32_t step_0 = middle * layer->kept[1];
    for (int32_t a = 0; a < layer->kept[0]; a++) {
        for (int32_t b = 0; b < layer->kept[1]; b++) {
            for (int32_t c = 0; c < layer->kept[2]; c++) {
                *output++ = largest_of(layer, input + a * step_0 * layer->reduced[0] + b * middle + c, step_1, step_0);
            }
        }
    }
}
