// Convolutions and matrix products on weights of four bits.
#include "nn/packed_int4.h"
#include "dot_int4.h"
#include "packed_conv.h"
#include <string.h>

void nn_conv_2d_int4_packed(const nn_packed_conv *layer, const int8_t *input, int8_t *output, void *scratch) {
    nn_conv_form form = nn_conv_form_int8(layer);
    form.dot = nn_dot_int4_4x2;
    form.widen = nn_widen_and_sum;
    form.block = 9u + layer->pairs;
    nn_conv_2d_pairs(layer, &form, input, output, scratch);
}

void nn_fully_connected_int4_packed(const nn_matrix_int4 *layer, const int8_t *input, int8_t *output) {
    const uint32_t size = 4u + layer->inputs / 2u + (layer->scales ? 0u : 5u); // words of a block of four channels
    const uint32_t whole = layer->outputs / 4u * 4u;
    const uint32_t rest = layer->outputs - whole;
    const int32_t *middle = layer->packed + whole / 4u * size;
    const int unshifted = layer->scales && layer->scales[0] < 0; // less one
    nn_dot_int4_one job = {.input = input,
                           .input_end = input + layer->inputs,
                           .centre = 2 * layer->output_zero + 1,
                           .symmetric = unshifted ? 2 : layer->output_zero > -128,
                           .out = output,
                           .packed_end = middle,
                           .scales = layer->scales,
                           .packed = layer->packed};
    if (whole > 0) nn_dot_int4_4x1(&job);
    if (rest > 0) {
        int8_t aside[4];
        job.out = aside;
        job.packed = middle;
        job.packed_end = middle + size;
        nn_dot_int4_4x1(&job);
        memcpy(output + whole, aside, rest);
    }
    if (layer->min == -128 && layer->max == 127) return;
    for (uint32_t i = 0; i < layer->outputs; i++) {
        if (output[i] < layer->min) output[i] = (int8_t)layer->min;
        if (output[i] > layer->max) output[i] = (int8_t)layer->max;
    }
}
