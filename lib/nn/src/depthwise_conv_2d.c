// Plain depthwise convolution: the reference the fast kernels are tested against.
#include "nn/conv.h"
#include "nn/requantise.h"

static int32_t taps(const nn_conv *layer, const int8_t *image, int32_t y, int32_t x, int32_t in_c, int32_t out_c) {
    const int8_t *weight = layer->weights + out_c;
    int32_t sum = 0;
    for (int32_t ky = 0; ky < layer->kernel_height; ky++) {
        const int32_t in_y = y + ky * layer->dilation_height;
        for (int32_t kx = 0; kx < layer->kernel_width; kx++, weight += layer->out.channels) {
            const int32_t in_x = x + kx * layer->dilation_width;
            const int inside = in_y >= 0 && in_y < layer->in.height && in_x >= 0 && in_x < layer->in.width;
            const int32_t at = (in_y * layer->in.width + in_x) * layer->in.channels + in_c;
            sum += *weight * (inside ? image[at] : layer->input_zero);
        }
    }
    return sum;
}

static void convolve(const nn_conv *layer, const int8_t *image, int8_t *output) {
    const int32_t multiple = layer->out.channels / layer->in.channels;
    for (int32_t y = 0; y < layer->out.height; y++) {
        for (int32_t x = 0; x < layer->out.width; x++) {
            for (int32_t c = 0; c < layer->out.channels; c++) {
                const int32_t sum = taps(layer, image, y * layer->stride_height - layer->pad_top,
                                         x * layer->stride_width - layer->pad_left, c / multiple, c);
                const int32_t scaled =
                    nn_rescale(sum + layer->bias[c], layer->multiplier[c], layer->shift[c], layer->output_zero);
                *output++ = (int8_t)nn_clamp(scaled, layer->min, layer->max);
            }
        }
    }
}

void nn_depthwise_conv_2d(const nn_conv *layer, const int8_t *input, int8_t *output) {
    const int32_t in_size = layer->in.height * layer->in.width * layer->in.channels;
    const int32_t out_size = layer->out.height * layer->out.width * layer->out.channels;
    for (int32_t batch = 0; batch < layer->batches; batch++) {
        convolve(layer, input + batch * in_size, output + batch * out_size);
    }
}
