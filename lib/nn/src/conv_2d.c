// Plain convolution: the reference the fast kernels are tested against.
#include "nn/conv.h"
#include "nn/requantise.h"

// One output value; `first` is the first input channel and `depth` how many the filter reads.
static int32_t taps(const nn_conv *layer, const int8_t *image, const int8_t *filter, int32_t y, int32_t x,
                    int32_t first, int32_t depth) {
    int32_t sum = 0;
    for (int32_t ky = 0; ky < layer->kernel_height; ky++) {
        const int32_t in_y = y + ky * layer->dilation_height;
        for (int32_t kx = 0; kx < layer->kernel_width; kx++, filter += depth) {
            const int32_t in_x = x + kx * layer->dilation_width;
            const int inside = in_y >= 0 && in_y < layer->in.height && in_x >= 0 && in_x < layer->in.width;
            const int8_t *pixel =
                inside ? image + ((in_y * layer->in.width + in_x) * layer->in.channels + first) : (const int8_t *)0;
            for (int32_t c = 0; c < depth; c++) sum += filter[c] * (inside ? pixel[c] : layer->input_zero);
        }
    }
    return sum;
}

static void convolve(const nn_conv *layer, int32_t groups, const int8_t *image, int8_t *output) {
    const int32_t depth = layer->in.channels / groups;
    const int32_t filters = layer->out.channels / groups;
    const int32_t filter_size = layer->kernel_height * layer->kernel_width * depth;
    for (int32_t y = 0; y < layer->out.height; y++) {
        for (int32_t x = 0; x < layer->out.width; x++) {
            for (int32_t c = 0; c < layer->out.channels; c++) {
                const int32_t sum =
                    taps(layer, image, layer->weights + c * filter_size, y * layer->stride_height - layer->pad_top,
                         x * layer->stride_width - layer->pad_left, c / filters * depth, depth);
                const int32_t scaled =
                    nn_rescale(sum + layer->bias[c], layer->multiplier[c], layer->shift[c], layer->output_zero);
                *output++ = (int8_t)nn_clamp(scaled, layer->min, layer->max);
            }
        }
    }
}

static void all_batches(const nn_conv *layer, int32_t groups, const int8_t *input, int8_t *output) {
    const int32_t in_size = layer->in.height * layer->in.width * layer->in.channels;
    const int32_t out_size = layer->out.height * layer->out.width * layer->out.channels;
    for (int32_t batch = 0; batch < layer->batches; batch++) {
        convolve(layer, groups, input + batch * in_size, output + batch * out_size);
    }
}

void nn_conv_2d(const nn_conv *layer, const int8_t *input, int8_t *output) {
    all_batches(layer, 1, input, output);
}

void nn_conv_2d_grouped(const nn_grouped_conv *layer, const int8_t *input, int8_t *output) {
    all_batches(&layer->conv, layer->groups, input, output);
}
