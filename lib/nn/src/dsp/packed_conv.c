// Convolutions on packed weights: the taps of two pixels are gathered and widened once, then every channel reads them.
#include "dot.h"
#include "nn/packed.h"
#include "widen.h"
#include <stddef.h>
#include <string.h>

// What stays the same from pixel to pixel.
typedef struct {
    const nn_packed_conv *layer;
    const int8_t *image;
    nn_rows rows;             // of a window inside the image
    uint32_t row_words;       // of `taps` that a row of the window takes, the other pixel's between them
    int32_t reach_y, reach_x; // from the window's first row and column to its last
    uint32_t *taps;
    int8_t *copy; // of a row that has to be put together
} walk;

static walk start(const nn_packed_conv *layer, const int8_t *image, uint32_t *scratch) {
    const uint32_t size = (uint32_t)layer->kernel_width * layer->in.channels;
    const uint32_t pitch = (uint32_t)layer->dilation_height * layer->in.width * layer->in.channels;
    return (walk){.layer = layer,
                  .image = image,
                  .rows = {layer->kernel_height, size, (int32_t)(pitch - size)},
                  .row_words = nn_pairs(size) * 2u,
                  .reach_y = (layer->kernel_height - 1) * layer->dilation_height,
                  .reach_x = (layer->kernel_width - 1) * layer->dilation_width,
                  .taps = scratch,
                  .copy = (int8_t *)(scratch + 2u * layer->pairs)};
}

static int32_t within(int32_t x, int32_t high) {
    return x < 0 ? 0 : x > high ? high : x;
}

static void copy_bytes(const int8_t *from, uint32_t count, int8_t *to) {
    for (; count >= 4; count -= 4, from += 4, to += 4) memcpy(to, from, 4); // a word, whatever the alignment
    for (; count > 0; count--) *to++ = *from++;
}

// The columns of a row of the window that lie inside the image; the rest of `copy` stays.
static void copy_inside(const nn_packed_conv *layer, const int8_t *row, int32_t x, int8_t *copy) {
    const uint32_t depth = layer->in.channels;
    if (layer->dilation_width == 1) {
        const int32_t first = within(x, layer->in.width);
        const int32_t end = within(x + layer->kernel_width, layer->in.width);
        if (first == end) return; // the row of the window lies beside the image
        copy_bytes(row + (uint32_t)first * depth, (uint32_t)(end - first) * depth,
                   copy + (uint32_t)(first - x) * depth);
        return;
    }
    for (uint32_t kx = 0; kx < layer->kernel_width; kx++, x += layer->dilation_width, copy += depth) {
        if (x >= 0 && x < layer->in.width) copy_bytes(row + (uint32_t)x * depth, depth, copy);
    }
}

// The taps of a pixel whose window leaves the image or has gaps: rows are put together among zero points first.
static void gather_slowly(const walk *at, int32_t y, int32_t x, uint32_t *taps) {
    const nn_packed_conv *layer = at->layer;
    const nn_rows one = {1, at->rows.size, 0};
    const uint32_t zeros = (uint16_t)layer->input_zero * UINT32_C(0x10001);
    const int whole = x >= 0 && x + at->reach_x < layer->in.width && at->reach_x == layer->kernel_width - 1;
    if (!whole) memset(at->copy, layer->input_zero, at->rows.size);
    for (int32_t ky = 0; ky < layer->kernel_height; ky++, y += layer->dilation_height, taps += at->row_words) {
        if (y < 0 || y >= layer->in.height) {
            for (uint32_t i = 0; i < at->row_words; i += 2) taps[i] = zeros;
        } else {
            const int8_t *row = at->image + y * layer->in.width * layer->in.channels;
            if (!whole) copy_inside(layer, row, x, at->copy);
            nn_widen(whole ? row + (uint32_t)x * layer->in.channels : at->copy, taps, &one);
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
__attribute__((noinline)) static void multiply_rest(nn_dot_pair job, int8_t *out0, int8_t *out1, uint32_t rest) {
    int8_t aside[8];
    job.out0 = aside;
    job.out1 = aside + 4;
    nn_dot_4x2(&job);
    memcpy(out0, aside, rest);
    memcpy(out1, aside + 4, rest);
}

// All channels of two pixels. `job` holds all but where they go.
static void multiply_both(const nn_packed_conv *layer, nn_dot_pair *job, int8_t *out0, int8_t *out1) {
    const uint32_t rest = layer->out.channels % 4u;
    const uint32_t whole = layer->out.channels - rest;
    job->out0 = out0;
    job->out1 = out1;
    if (whole > 0) nn_dot_4x2(job);
    if (rest > 0) {
        nn_dot_pair last = *job;
        last.packed = job->packed_end;
        last.packed_end = last.packed + 10u + 2u * layer->pairs;
        multiply_rest(last, out0 + whole, out1 + whole, rest);
    }
    if (layer->min > -128 || layer->max < 127) {
        clamp(layer, out0);
        clamp(layer, out1);
    }
}

static void multiply(const nn_packed_conv *layer, nn_dot_pair *job, int8_t *output) {
    multiply_both(layer, job, output, output + layer->out.channels);
}

// A last pixel without a neighbour: computed twice, to the same place.
static void multiply_last(const nn_packed_conv *layer, nn_dot_pair *job, uint32_t *taps, int8_t *output) {
    for (uint32_t i = 0; i < 2u * layer->pairs; i += 2) taps[i + 1] = taps[i];
    multiply_both(layer, job, output, output);
}

// Columns of the output whose windows reach neither edge: from `first`, `count` of them.
static void inner_columns(const walk *at, uint32_t *first, uint32_t *count) {
    const nn_packed_conv *layer = at->layer;
    const uint32_t stride = layer->stride_width;
    const int32_t room = layer->in.width + layer->pad_left - at->reach_x; // one more than the last start that fits
    const uint32_t end = room > 0 ? ((uint32_t)room - 1u) / stride + 1u : 0;
    *first = (layer->pad_left + stride - 1u) / stride;
    *count = end > *first ? end - *first : 0;
    if (layer->dilation_width > 1 && layer->kernel_width > 1) *count = 0;
}

// Windows of one pixel each, side by side: the innermost loop widens them itself. An odd pixel is left.
static int adjacent(const nn_packed_conv *layer) {
    const int one = layer->kernel_height == 1 && layer->kernel_width == 1;
    // Padding at the bottom or right alone shows in the sides only.
    const int all = layer->stride_height == 1 && layer->stride_width == 1 && layer->pad_top == 0 &&
                    layer->pad_left == 0 && layer->out.height == layer->in.height &&
                    layer->out.width == layer->in.width;
    return one && all && layer->in.channels % 4u == 0 && layer->out.channels % 4u == 0;
}

static void convolve_adjacent(const walk *at, nn_dot_pair *job, int8_t *output) {
    const nn_packed_conv *layer = at->layer;
    const uint32_t depth = layer->out.channels;
    const uint32_t pixels = (uint32_t)layer->out.height * layer->out.width;
    job->input = at->image;
    job->count = pixels / 2u;
    job->out0 = output;
    job->out1 = output + depth;
    if (job->count > 0) nn_dot_4x2(job);
    if (layer->min > -128 || layer->max < 127) {
        for (uint32_t i = 0; i < 2u * job->count; i++) clamp(layer, output + i * depth);
    }
    if (pixels % 2u) {
        job->input = NULL;
        job->count = 1;
        nn_widen(at->image + (pixels - 1) * layer->in.channels, at->taps, &at->rows);
        multiply_last(layer, job, at->taps, output + (pixels - 1) * depth);
    }
}

static void convolve(const walk *at, nn_dot_pair *job, int8_t *output) {
    const nn_packed_conv *layer = at->layer;
    const uint32_t step = (uint32_t)layer->stride_width * layer->in.channels;
    const uint32_t width = layer->out.width;
    uint32_t first, count, odd = 0;
    inner_columns(at, &first, &count);
    for (int32_t row = 0, y = -layer->pad_top; row < layer->out.height; row++, y += layer->stride_height) {
        const uint32_t inner = y >= 0 && y + at->reach_y < layer->in.height ? count : 0;
        const int32_t corner = (y * layer->in.width - layer->pad_left) * layer->in.channels;
        for (uint32_t column = 0; column < width; column++) {
            if (column - first < inner) {
                nn_widen(at->image + corner + (int32_t)(column * step), at->taps + odd, &at->rows);
            } else {
                gather_slowly(at, y, (int32_t)(column * layer->stride_width) - layer->pad_left, at->taps + odd);
            }
            if (odd) {
                multiply(layer, job, output);
                output += 2u * layer->out.channels;
            }
            odd ^= 1u;
        }
    }
    if (odd) multiply_last(layer, job, at->taps, output);
}

void nn_conv_2d_packed(const nn_packed_conv *layer, const int8_t *input, int8_t *output, void *scratch) {
    const walk at = start(layer, input, scratch);
    const uint32_t block = 10u + 2u * layer->pairs;
    nn_dot_pair job = {.taps = at.taps,
                       .taps_end = at.taps + 2u * layer->pairs,
                       .centre = 2 * layer->output_zero + 1,
                       .symmetric = layer->output_zero > -128,
                       .packed_end = layer->packed + layer->out.channels / 4u * block,
                       .packed = layer->packed,
                       .depth = layer->in.channels,
                       .count = 1};
    if (adjacent(layer)) {
        convolve_adjacent(&at, &job, output);
    } else {
        convolve(&at, &job, output);
    }
}
