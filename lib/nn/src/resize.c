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

// Each share of four pixels is below 2^20, their sum 2^20; half away from zero.
static int8_t mixed(const int32_t share[4], int32_t a, int32_t b, int32_t c, int32_t d) {
    const int32_t sum = a * share[0] + b * share[1] + c * share[2] + d * share[3];
    const int32_t half = (int32_t)1 << 19;
    return (int8_t)((sum + (sum > 0 ? half : -half)) / ((int32_t)1 << 20));
}

static int8_t *bilinear_row(const nn_bilinear_params *layer, const int8_t *image, const nn_between *y, int8_t *output) {
    const uint32_t depth = layer->in.channels, width = layer->in.width * depth;
    const int8_t *top = image + y->low * width, *bottom = image + y->high * width;
    for (uint32_t column = 0; column < layer->out.width; column++) {
        const nn_between *x = &layer->columns[column];
        const int32_t right = x->share, left = 1024 - right, down = y->share, up = 1024 - down;
        const int32_t share[4] = {up * left, up * right, down * left, down * right};
        const uint32_t low = x->low * depth, high = x->high * depth;
        for (uint32_t c = 0; c < depth; c++) {
            *output++ = mixed(share, top[low + c], top[high + c], bottom[low + c], bottom[high + c]);
        }
    }
    return output;
}

void nn_resize_bilinear(const nn_bilinear_params *layer, const int8_t *input, int8_t *output) {
    const uint32_t size = (uint32_t)layer->in.height * layer->in.width * layer->in.channels;
    for (uint32_t batch = 0; batch < layer->batches; batch++, input += size) {
        for (uint32_t row = 0; row < layer->out.height; row++) {
            output = bilinear_row(layer, input, &layer->rows[row], output);
        }
    }
}
