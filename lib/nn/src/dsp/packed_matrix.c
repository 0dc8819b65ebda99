// Matrix times vector on packed weights; the input is widened as it is read, so no scratch memory is needed.
#include "dot.h"
#include "nn/packed.h"
#include <string.h>

void nn_fully_connected_packed(const nn_packed_matrix *layer, const int8_t *input, int8_t *output) {
    const int shared = layer->multiplier != 0;                    // one scale for all
    const uint32_t size = 4u + layer->inputs + (shared ? 0 : 6u); // words of a block of four channels
    const uint32_t whole = layer->outputs / 4u * 4u;
    const uint32_t rest = layer->outputs - whole;
    const int32_t *middle = layer->packed + whole / 4u * size;
    nn_dot_one job = {.input = input,
                      .input_end = input + layer->inputs,
                      .multiplier = layer->multiplier,
                      .shift = shared ? layer->shift - 1 : 0,
                      .offset = (2 * layer->output_zero + 1) * (shared ? 1 << (layer->shift - 1) : 1),
                      .symmetric = !shared || layer->output_zero > -128,
                      .out = output,
                      .packed_end = middle,
                      .packed = layer->packed};
    if (whole > 0) nn_dot_4x1(&job);
    if (rest > 0) {
        int8_t aside[4];
        job.out = aside;
        job.packed = middle;
        job.packed_end = middle + size;
        nn_dot_4x1(&job);
        memcpy(output + whole, aside, rest);
    }
    if (layer->min == -128 && layer->max == 127) return;
    for (uint32_t i = 0; i < layer->outputs; i++) {
        if (output[i] < layer->min) output[i] = (int8_t)layer->min;
        if (output[i] > layer->max) output[i] = (int8_t)layer->max;
    }
}
