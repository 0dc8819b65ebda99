// Transposed convolutions: no output is held as a sum, each gathers its taps.
#include "nn/conv.h"
#include "nn/requantise.h"
#include "split.h"

// Four channels: two halves of 16 bits at a time.
static inline int32_t dot_of_four(const int8_t *weights, const int8_t *pixel, uint32_t zeros, int32_t sum) {
#if NN_DSP
    uint32_t w_even, w_odd, even, odd;
    nn_halves(weights, &w_even, &w_odd);
    nn_halves(pixel, &even, &odd);
    __asm__("ssub16 %0, %1, %2" : "=r"(even) : "r"(even), "r"(zeros));
    __asm__("ssub16 %0, %1, %2" : "=r"(odd) : "r"(odd), "r"(zeros));
    __asm__("smlad %0, %1, %2, %3" : "=r"(sum) : "r"(w_even), "r"(even), "r"(sum));
    __asm__("smlad %0, %1, %2, %3" : "=r"(sum) : "r"(w_odd), "r"(odd), "r"(sum));
    return sum;
#else
    const int32_t zero = (int16_t)(uint16_t)zeros;
    for (int c = 0; c < 4; c++) sum += weights[c] * (pixel[c] - zero);
    return sum;
#endif
}

static inline int32_t dot(const int8_t *weights, const int8_t *pixel, uint32_t depth, int32_t zero) {
    const uint32_t zeros = (uint16_t)zero | (uint32_t)(uint16_t)zero << 16;
    int32_t sum = 0;
    for (; depth >= 4; depth -= 4, weights += 4, pixel += 4) sum = dot_of_four(weights, pixel, zeros, sum);
    for (uint32_t c = 0; c < depth; c++) sum += weights[c] * (pixel[c] - zero);
    return sum;
}

// The sum of the window's taps that reach output (y, x): input row `from` and tap `ky` with from * stride + ky = y +
// pad.
static int32_t gathered(const nn_conv *layer, const int8_t *image, const int8_t *weights, int32_t y, int32_t x) {
    const int32_t top = y + layer->pad_top, left = x + layer->pad_left;
    const uint32_t depth = layer->in.channels;
    int32_t sum = 0;
    for (int32_t ky = top % layer->stride_height; ky < layer->kernel_height && ky <= top; ky += layer->stride_height) {
        const int32_t row = (top - ky) / layer->stride_height;
        if (row >= layer->in.height) continue;
        for (int32_t kx = left % layer->stride_width; kx < layer->kernel_width && kx <= left;
             kx += layer->stride_width) {
            const int32_t column = (left - kx) / layer->stride_width;
            if (column >= layer->in.width) continue;
            sum += dot(weights + (uint32_t)(ky * layer->kernel_width + kx) * depth,
                       image + (uint32_t)(row * layer->in.width + column) * depth, depth, layer->input_zero);
        }
    }
    return sum;
}

static int8_t *image_of(const nn_conv *layer, const int8_t *image, int8_t *output) {
    const uint32_t filter = (uint32_t)layer->kernel_height * layer->kernel_width * layer->in.channels;
    for (int32_t y = 0; y < layer->out.height; y++) {
        for (int32_t x = 0; x < layer->out.width; x++) {
            for (uint32_t c = 0; c < layer->out.channels; c++) {
                const int32_t sum = layer->bias[c] + gathered(layer, image, layer->weights + c * filter, y, x);
                const int32_t made = nn_rescale(sum, layer->multiplier[c], layer->shift[c], layer->output_zero);
                *output++ = (int8_t)nn_clamp(made, layer->min, layer->max);
            }
        }
    }
    return output;
}

void nn_transpose_conv(const nn_conv *layer, const int8_t *input, int8_t *output) {
    for (uint32_t batch = 0; batch < layer->batches; batch++) {
        output = image_of(layer, input, output);
        input += (uint32_t)layer->in.height * layer->in.width * layer->in.channels;
    }
}
