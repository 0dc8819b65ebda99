#include "nn/resize.h"

#include <string.h> // memcpy

static int8_t *resize_image(const nn_resize_params *layer, const int8_t *image, int8_t *output) {
    for (int32_t y = 0; y < layer->out.height; y++) {
        const int8_t *row = image + layer->rows[y] * layer->in.width * layer->in.channels;
        for (int32_t x = 0; x < layer->out.width; x++, output += layer->out.channels) {
            memcpy(output, row + layer->columns[x] * layer->in.channels, layer->out.channels);
        }
    }
    return output;
}

void nn_resize_nearest(const nn_resize_params *layer, const int8_t *input, int8_t *output) {
    for (int32_t batch = 0; batch < layer->batches; batch++) {
        output = resize_image(layer, input, output);
        input += layer->in.height * layer->in.width * layer->in.channels;
    }
}
