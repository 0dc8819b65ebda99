// Depthwise convolutions with several output channels an input channel, by the kernels for one: the input of a part of
// the output is put together in scratch memory first. That costs a few cycles a byte, which every tap shares.
#include "nn/packed.h"
#include "packed_conv.h"
#include <string.h>

static uint32_t smaller(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

// The inputs of four output channels side by side: `from` are the places of theirs in a pixel of `channels` bytes.
static void spread(const int8_t *input, uint32_t pixels, uint32_t channels, const uint32_t from[4], int8_t *to) {
    const uint8_t *at = (const uint8_t *)input + from[0];
    const uint32_t b = from[1] - from[0], c = from[2] - from[0], d = from[3] - from[0];
    for (; pixels > 0; pixels--, to += 4, at += channels) {
        const uint32_t word = at[0] | (uint32_t)at[b] << 8 | (uint32_t)at[c] << 16 | (uint32_t)at[d] << 24;
        memcpy(to, &word, 4);
    }
}

// The same where each of two inputs is there twice, or one four times.
static void spread_pairs(const int8_t *input, uint32_t pixels, uint32_t channels, uint32_t b, int8_t *to) {
    const uint8_t *at = (const uint8_t *)input;
    for (; pixels > 0; pixels--, to += 4, at += channels) {
        const uint32_t word = at[0] * UINT32_C(0x0101) + at[b] * UINT32_C(0x01010000);
        memcpy(to, &word, 4);
    }
}

void nn_depthwise_multiplied_3x3_packed(const nn_packed_multiplied_3x3 *layer, const int8_t *input, int8_t *output,
                                        void *scratch) {
    nn_packed_depthwise four = layer->four;
    const uint32_t pixels = (uint32_t)four.in_rows * four.in_columns;
    const uint32_t outputs = (uint32_t)layer->channels * layer->multiplier;
    for (uint32_t c = 0; c < outputs; c += 4, output += 4, four.packed += 5 * 4) {
        uint32_t from[4];
        for (uint32_t i = 0; i < 4; i++) from[i] = (c + i) / layer->multiplier;
        if (layer->multiplier % 2u == 0) {
            spread_pairs(input + from[0], pixels, layer->channels, from[2] - from[0], scratch);
        } else {
            spread(input, pixels, layer->channels, from, scratch);
        }
        nn_depthwise_3x3_packed(&four, scratch, output, (int8_t *)scratch + 4 * pixels);
    }
}

// The channels of a group alone, among zero points: where windows leave the image, the padding is there.
static void collect(const nn_packed_multiplied *layer, const int8_t *input, int8_t *to) {
    const nn_packed_conv *one = &layer->one;
    const uint32_t group = one->in.channels, skip = layer->channels - group;
    memset(to, one->input_zero, (uint32_t)one->in.height * one->in.width * group);
    const uint32_t rows = smaller(layer->in_height, one->in.height - layer->pad_top);
    const uint32_t columns = smaller(layer->in_width, one->in.width - layer->pad_left);
    to += ((uint32_t)layer->pad_top * one->in.width + layer->pad_left) * group;
    for (uint32_t y = 0; y < rows; y++, to += one->in.width * group) {
        const int8_t *from = input + y * layer->in_width * layer->channels;
        int8_t *next = to;
        for (uint32_t x = 0; x < columns; x++, from += skip) {
            for (uint32_t c = group; c > 0; c--) *next++ = *from++;
        }
    }
}

void nn_depthwise_multiplied_packed(const nn_packed_multiplied *layer, const int8_t *input, int8_t *output,
                                    void *scratch) {
    nn_packed_conv one = layer->one;
    const uint32_t group = one.in.channels;
    const uint32_t size = (uint32_t)one.in.height * one.in.width * group;
    const uint32_t pitch = layer->channels / group * one.out.channels;
    int8_t *const gathered = scratch, *const rest = gathered + (size + 3u) / 4u * 4u;
    for (uint32_t c = 0; c < layer->channels; c += group, output += one.out.channels, one.packed += layer->words) {
        collect(layer, input + c, gathered);
        nn_conv_packed_apart(&one, gathered, output, pitch, rest);
    }
}
