// Depthwise convolution with any window: four channels at a time, a word of the image and a word of weights a tap.
// Taps outside the image read a word of zero points instead.
#include "dot.h" // NN_DSP
#include "nn/packed.h"
#include "nn/requantise.h"
#include <string.h>

#define CHANNELS 4

// Adds `count` taps, `step` bytes apart, to the sums of four channels. Returns where the weights go on.
#if NN_DSP
#define ONE_TAP                                                                                                        \
    "ldr r4, [%4]\n ldr r5, [%5], #4\n sxtb16 r6, r4\n sxtb16 r8, r5\n add %4, %4, %7\n"                               \
    "sxtb16 r4, r4, ror #8\n sxtb16 r5, r5, ror #8\n"                                                                  \
    "smlabb %0, r6, r8, %0\n smlatt %2, r6, r8, %2\n smlabb %1, r4, r5, %1\n smlatt %3, r4, r5, %3\n"
static inline const int32_t *add_taps(const int8_t *x, uint32_t step, uint32_t count, const int32_t *weights,
                                      int32_t sums[CHANNELS]) {
    int32_t s0 = sums[0], s1 = sums[1], s2 = sums[2], s3 = sums[3];
    __asm__ volatile("lsrs r4, %6, #1\n bcc 1f\n" ONE_TAP "1:\n lsrs %6, %6, #1\n beq 3f\n"
                     "2:\n" ONE_TAP ONE_TAP "subs %6, %6, #1\n bne 2b\n"
                     "3:\n"
                     : "+r"(s0), "+r"(s1), "+r"(s2), "+r"(s3), "+r"(x), "+r"(weights), "+r"(count)
                     : "r"(step)
                     : "r4", "r5", "r6", "r8", "cc", "memory");
    sums[0] = s0;
    sums[1] = s1;
    sums[2] = s2;
    sums[3] = s3;
    return weights;
}
#else
static inline const int32_t *add_taps(const int8_t *x, uint32_t step, uint32_t count, const int32_t *weights,
                                      int32_t sums[CHANNELS]) {
    for (; count > 0; count--, x += step, weights++) {
        for (int c = 0; c < CHANNELS; c++) sums[c] += x[c] * (int8_t)((uint32_t)*weights >> (8 * c) & 0xFF);
    }
    return weights;
}
#endif

// What one axis of the window meets: taps before the image, inside, behind.
typedef struct {
    uint32_t before, inside, behind;
    int32_t first; // coordinate of the first one inside
} span;

static span meet(int32_t start, int32_t taps, int32_t dilation, int32_t side) {
    span made = {0, 0, 0, 0};
    for (int32_t i = 0, at = start; i < taps; i++, at += dilation) {
        if (at < 0) {
            made.before++;
        } else if (at < side) {
            if (made.inside++ == 0) made.first = at;
        } else {
            made.behind++;
        }
    }
    return made;
}

// One row of the window (a column where the layer is turned): `across` its place on the other axis, or NULL outside.
static const int32_t *add_row(const nn_packed_taps *layer, const int8_t *across, const span *along, const int8_t *zeros,
                              const int32_t *weights, int32_t sums[CHANNELS]) {
    if (across == NULL) return add_taps(zeros, 0, layer->along_taps, weights, sums);
    if (along->before) weights = add_taps(zeros, 0, along->before, weights, sums);
    if (along->inside) {
        const int8_t *x = across + along->first * (int32_t)layer->in_along_step;
        weights = add_taps(x, layer->in_along_step * layer->along_dilation, along->inside, weights, sums);
    }
    return along->behind ? add_taps(zeros, 0, along->behind, weights, sums) : weights;
}

static int8_t scale(const nn_packed_taps *layer, int32_t sum, int32_t multiplier, int shift) {
    const int32_t scaled = nn_requantise(sum, multiplier, -shift) + layer->output_zero;
    return (int8_t)nn_clamp(scaled, layer->min, layer->max);
}

// All channels of one output pixel; `image` is moved on by four channels at a time.
static void pixel(const nn_packed_taps *layer, const int8_t *image, int32_t across, const span *along, int8_t *out) {
    const int8_t zero = (int8_t)layer->input_zero;
    const int8_t zeros[CHANNELS] __attribute__((aligned(4))) = {zero, zero, zero, zero};
    const int32_t *packed = layer->packed;
    for (uint32_t c = 0; c < layer->channels; c += CHANNELS, image += CHANNELS) {
        int32_t sums[CHANNELS];
        memcpy(sums, packed, sizeof sums);
        packed += CHANNELS;
        int32_t at = across;
        for (uint32_t i = layer->across_taps; i > 0; i--, at += layer->across_dilation) {
            const int inside = at >= 0 && at < layer->in_across;
            const int8_t *row = inside ? image + at * (int32_t)layer->in_across_step : NULL;
            packed = add_row(layer, row, along, zeros, packed, sums);
        }
        const int8_t *shifts = (const int8_t *)(packed + CHANNELS);
        for (int i = 0; i < CHANNELS; i++) *out++ = scale(layer, sums[i], packed[i], shifts[i]);
        packed += CHANNELS + 1;
    }
}

void nn_depthwise_packed(const nn_packed_taps *layer, const int8_t *input, int8_t *output) {
    int32_t y = -layer->pad_top;
    for (uint32_t row = 0; row < layer->out_height; row++, y += layer->stride_height) {
        int32_t x = -layer->pad_left;
        for (uint32_t column = 0; column < layer->out_width; column++, x += layer->stride_width) {
            const span along = meet(layer->turned ? y : x, layer->along_taps, layer->along_dilation, layer->in_along);
            pixel(layer, input, layer->turned ? x : y, &along, output);
            output += layer->channels;
        }
    }
}
