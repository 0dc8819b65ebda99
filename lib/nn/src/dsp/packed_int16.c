// Convolutions and matrix products on int16 activations.
#include "nn/packed_int16.h"
#include "dot_int16.h"
#include "nn/requantise.h"
#include "packed_conv.h"
#include <stddef.h>
#include <string.h>

// Rows of `size` bytes, two a tap, to pairs: every other word of `to`.
static void pair_up(const int8_t *from, uint32_t *to, const nn_rows *rows) {
    for (uint32_t row = rows->rows; row > 0; row--, from += rows->gap) {
        uint32_t left = rows->size;
        for (; left >= 16; left -= 16, from += 16, to += 8) {
            memcpy(to, from, 4);
            memcpy(to + 2, from + 4, 4);
            memcpy(to + 4, from + 8, 4);
            memcpy(to + 6, from + 12, 4);
        }
        for (; left >= 4; left -= 4, from += 4, to += 2) memcpy(to, from, 4);
        if (left > 0) {
            uint16_t last;
            memcpy(&last, from, 2);
            *to = last;
            from += 2;
            to += 2;
        }
    }
}

static void clamp(const nn_packed_conv *layer, int8_t *bytes) {
    int16_t *out = (int16_t *)(void *)bytes;
    for (uint32_t c = 0; c < layer->out.channels; c++) out[c] = (int16_t)nn_clamp(out[c], layer->min, layer->max);
}

// What the innermost loop does itself: nothing, or from below 0 to 0.
static int needs_clamp(int32_t min, int32_t max) {
    return (min != INT16_MIN && min != 0) || max != INT16_MAX;
}

static void convolve(const nn_packed_conv *layer, void (*dot)(const nn_dot_pair *job), uint32_t around,
                     const int16_t *input, int16_t *output, void *scratch) {
    const nn_conv_form form = {.dot = dot,
                               .widen = pair_up,
                               .clamp = needs_clamp(layer->min, layer->max) ? clamp : NULL,
                               .block = around + 2u * layer->pairs,
                               .row_pairs = ((uint32_t)layer->kernel_width * layer->in.channels + 1u) / 2u,
                               .symmetric = layer->min != 0,
                               .item = sizeof(int16_t),
                               .pitch = layer->out.channels * sizeof(int16_t)};
    nn_conv_2d_pairs(layer, &form, (const int8_t *)(const void *)input, (int8_t *)(void *)output, scratch);
}

void nn_conv_2d_int16_packed(const nn_packed_conv *layer, const int16_t *input, int16_t *output, void *scratch) {
    convolve(layer, nn_dot_int16_4x2, 9, input, output, scratch);
}

void nn_conv_2d_int16_wide_packed(const nn_packed_conv *layer, const int16_t *input, int16_t *output, void *scratch) {
    convolve(layer, nn_dot_int16_wide_4x2, 13, input, output, scratch);
}

void nn_fully_connected_int16_packed(const nn_matrix_int16 *layer, const int16_t *input, int16_t *output) {
    const uint32_t size = 9u + layer->inputs; // words of a block of four channels
    const uint32_t whole = layer->outputs / 4u * 4u;
    const uint32_t rest = layer->outputs - whole;
    const int32_t *middle = layer->packed + whole / 4u * size;
    nn_dot_int16_one job = {.input = input,
                            .input_end = input + layer->inputs,
                            .symmetric = layer->min != 0,
                            .out = output,
                            .packed_end = middle,
                            .packed = layer->packed};
    if (whole > 0) nn_dot_int16_4x1(&job);
    if (rest > 0) {
        uint32_t aside[2];
        job.out = (int16_t *)(void *)aside;
        job.packed = middle;
        job.packed_end = middle + size;
        nn_dot_int16_4x1(&job);
        memcpy(output + whole, aside, rest * sizeof(int16_t));
    }
    if (!needs_clamp(layer->min, layer->max)) return;
    for (uint32_t i = 0; i < layer->outputs; i++) output[i] = (int16_t)nn_clamp(output[i], layer->min, layer->max);
}
