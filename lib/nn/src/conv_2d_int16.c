// Convolutions of int16 activations with int8 weights. A tap in the padding counts as 0 and is left out.
#include "scale_int16.h"

// Sums one output value of a window whose first tap lies at (y, x) of the image; both may be negative.
// Tap (ky, kx) reads `depth` weights at `filter` + (ky * kernel_width + kx) * step and as many inputs from `first` on.
static int64_t taps(const nn_conv_int16 *layer, const int16_t *image, const int8_t *filter, int32_t step, int32_t y,
                    int32_t x, int32_t first, int32_t depth) {
    int64_t sum = 0;
    for (int32_t ky = 0; ky < layer->kernel_height; ky++) {
        const int32_t in_y = y + ky * layer->dilation_height;
        if (in_y < 0 || in_y >= layer->in.height) continue;
        for (int32_t kx = 0; kx < layer->kernel_width; kx++) {
            const int32_t in_x = x + kx * layer->dilation_width;
            if (in_x < 0 || in_x >= layer->in.width) continue;
            const int16_t *pixel = image + ((in_y * layer->in.width + in_x) * layer->in.channels + first);
            const int8_t *weight = filter + (ky * layer->kernel_width + kx) * step;
            for (int32_t c = 0; c < depth; c++) sum += weight[c] * pixel[c];
        }
    }
    return sum;
}

typedef int64_t (*channel_sum)(const nn_conv_int16 *layer, const int16_t *image, int32_t y, int32_t x, int32_t channel);

static int64_t conv_sum(const nn_conv_int16 *layer, const int16_t *image, int32_t y, int32_t x, int32_t channel) {
    const int32_t depth = layer->in.channels / layer->groups;
    const int32_t filters = layer->out.channels / layer->groups;
    const int8_t *filter = layer->weights + channel * layer->kernel_height * layer->kernel_width * depth;
    return taps(layer, image, filter, depth, y, x, channel / filters * depth, depth);
}

static int64_t depthwise_sum(const nn_conv_int16 *layer, const int16_t *image, int32_t y, int32_t x, int32_t channel) {
    const int32_t multiple = layer->out.channels / layer->in.channels;
    return taps(layer, image, layer->weights + channel, layer->out.channels, y, x, channel / multiple, 1);
}

static void convolve(const nn_conv_int16 *layer, channel_sum sum_of, const int16_t *input, int16_t *output) {
    const int32_t in_size = layer->in.height * layer->in.width * layer->in.channels;
    for (int32_t batch = 0; batch < layer->batches; batch++, input += in_size) {
        for (int32_t y = 0; y < layer->out.height; y++) {
            for (int32_t x = 0; x < layer->out.width; x++) {
                for (int32_t c = 0; c < layer->out.channels; c++) {
                    const int64_t sum = sum_of(layer, input, y * layer->stride_height - layer->pad_top,
                                               x * layer->stride_width - layer->pad_left, c);
                    *output++ = nn_scale_sum(&layer->scale, c, sum);
                }
            }
        }
    }
}

void nn_conv_2d_int16(const nn_conv_int16 *layer, const int16_t *input, int16_t *output) {
    convolve(layer, conv_sum, input, output);
}

void nn_depthwise_conv_2d_int16(const nn_conv_int16 *layer, const int16_t *input, int16_t *output) {
    convolve(layer, depthwise_sum, input, output);
}
