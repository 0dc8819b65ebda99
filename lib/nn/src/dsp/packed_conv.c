// Convolutions on packed weights: the taps of two pixels are gathered and widened once, then every channel reads them.
#include "dot.h"
#include "nn/packed.h"
#include "widen.h"
#include <string.h>

// One row of the window where it leaves the image or is dilated: copied together first, with the zero point outside.
static void assemble(const nn_packed_conv *layer, const int8_t *row, int32_t x, int8_t *copy) {
    const uint32_t depth = layer->in.channels;
    for (int32_t kx = 0; kx < layer->kernel_width; kx++, x += layer->dilation_width, copy += depth) {
        if (x >= 0 && x < layer->in.width) {
            memcpy(copy, row + (uint32_t)x * depth, depth);
        } else {
            memset(copy, layer->input_zero, depth);
        }
    }
}

// The taps of the output pixel whose window starts at (y, x), to every other word of `taps`.
static void gather(const nn_packed_conv *layer, const int8_t *image, int32_t y, int32_t x, uint32_t *taps,
                   int8_t *copy) {
    const uint32_t depth = layer->in.channels;
    const uint32_t size = layer->kernel_width * depth;
    const uint32_t words = nn_pairs(size) * 2;
    const int32_t last = x + (layer->kernel_width - 1) * layer->dilation_width;
    const int plain = x >= 0 && last < layer->in.width && last - x == layer->kernel_width - 1;
    const uint32_t zeros = (uint16_t)layer->input_zero * UINT32_C(0x10001);
    for (int32_t ky = 0; ky < layer->kernel_height; ky++, y += layer->dilation_height, taps += words) {
        const int8_t *row = image + y * layer->in.width * (int32_t)depth;
        if (y < 0 || y >= layer->in.height) {
            for (uint32_t i = 0; i < words; i += 2) taps[i] = zeros;
        } else if (plain) {
            nn_widen(row + (uint32_t)x * depth, size, taps);
        } else {
            assemble(layer, row, x, copy);
            nn_widen(copy, size, taps);
        }
    }
}

static void clamp(const nn_packed_conv *layer, int8_t *out) {
    for (uint32_t c = 0; c < layer->out.channels; c++) {
        if (out[c] < layer->min) out[c] = (int8_t)layer->min;
        if (out[c] > layer->max) out[c] = (int8_t)layer->max;
    }
}

// The last one to three channels: the block of four they fill is written aside.
static void multiply_rest(nn_dot_pair job, uint32_t rest) {
    int8_t aside[8];
    int8_t *out0 = job.out0;
    int8_t *out1 = job.out1;
    job.out0 = aside;
    job.out1 = aside + 4;
    nn_dot_4x2(&job);
    memcpy(out0, aside, rest);
    memcpy(out1, aside + 4, rest);
}

static void multiply(const nn_packed_conv *layer, const uint32_t *taps, int8_t *out0, int8_t *out1) {
    const uint32_t blocks = layer->out.channels / 4u;
    const uint32_t rest = layer->out.channels % 4u;
    const uint32_t size = 4u + 2u * layer->pairs + 6u;
    const int32_t *middle = layer->packed + blocks * size;
    nn_dot_pair job = {.taps = taps,
                       .taps_end = taps + 2u * layer->pairs,
                       .centre = 2 * layer->output_zero + 1,
                       .symmetric = layer->output_zero > -128,
                       .out0 = out0,
                       .out1 = out1,
                       .packed_end = middle,
                       .packed = layer->packed};
    if (blocks > 0) nn_dot_4x2(&job);
    if (rest > 0) {
        job.out0 += blocks * 4;
        job.out1 += blocks * 4;
        job.packed = middle;
        job.packed_end = middle + size;
        multiply_rest(job, rest);
    }
    if (layer->min > -128 || layer->max < 127) {
        clamp(layer, out0);
        clamp(layer, out1);
    }
}

void nn_conv_2d_packed(const nn_packed_conv *layer, const int8_t *input, int8_t *output, void *scratch) {
    uint32_t *taps = scratch;
    int8_t *copy = (int8_t *)(taps + 2u * layer->pairs);
    const uint32_t pixels = (uint32_t)layer->out.height * layer->out.width;
    const uint32_t depth = layer->out.channels;
    int32_t y = -layer->pad_top;
    int32_t x = 0;
    for (uint32_t pixel = 0; pixel < pixels; pixel++, x++) {
        if (x == layer->out.width) {
            x = 0;
            y += layer->stride_height;
        }
        gather(layer, input, y, x * layer->stride_width - layer->pad_left, taps + pixel % 2, copy);
        if (pixel % 2) multiply(layer, taps, output + (pixel - 1) * depth, output + pixel * depth);
    }
    if (pixels % 2) { // the last pixel alone: computed twice, to the same place
        int8_t *last = output + (pixels - 1) * depth;
        for (uint32_t i = 0; i < 2u * layer->pairs; i += 2) taps[i + 1] = taps[i];
        multiply(layer, taps, last, last);
    }
}
