#include "nn/copy.h"

#include <string.h> // memcpy

void nn_gather(const nn_gather_params *layer, const int8_t *input, const int32_t *numbers, int8_t *output) {
    const int32_t last = (int32_t)layer->rows - 1;
    for (uint32_t outer = 0; outer < layer->outer; outer++, input += layer->rows * layer->run) {
        for (uint32_t i = 0; i < layer->count; i++, output += layer->run) {
            const int32_t number = numbers[i] < 0 ? 0 : numbers[i] > last ? last : numbers[i];
            memcpy(output, input + (uint32_t)number * layer->run, layer->run);
        }
    }
}
