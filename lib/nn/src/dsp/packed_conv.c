// Convolutions on packed weights: the taps of two pixels are gathered and widened once, then every channel reads them.
#include "packed_conv.h"
#include <stddef.h>
#include <string.h>

#define SMALL_WINDOW 64 // bytes on the stack

// What stays the same from pixel to pixel.
typedef struct {
    const nn_packed_conv *layer;
    const nn_conv_form *form;
    const int8_t *image;
    uint32_t in_depth; // bytes of a pixel
    uint32_t pitch;    // bytes from one output pixel to the next
    nn_dot_pair *job;
    nn_rows rows[2];          // of a window inside the image, for either pixel
    uint32_t row_words;       // of `taps` that a row of the window takes, the other pixel's between them
    uint32_t column_words;    // of those, what a column takes; 0 if columns share words
    uint32_t zeros;           // a word of two zero points
    uint32_t zeros_of_four;   // of four bytes
    int small;                // the window fits SMALL_WINDOW and has no gaps in its rows
    int unfinished;           // something is left to do behind the innermost loop
    int32_t reach_y, reach_x; // from the window's first row and column to its last
    uint32_t *taps;
    int8_t *copy; // of a row that has to be put together
} walk;

static walk start(const nn_packed_conv *layer, const nn_conv_form *form, nn_dot_pair *job, const int8_t *image) {
    const uint32_t in_depth = (uint32_t)layer->in.channels * form->item;
    const uint32_t size = layer->kernel_width * in_depth;
    const uint32_t pitch = (uint32_t)layer->dilation_height * layer->in.width * in_depth;
    const nn_rows rows = {layer->kernel_height, size, (int32_t)(pitch - size), &job->sums[0]};
    const int apart = layer->in.channels % 4u == 0 && layer->dilation_width == 1;
    return (walk){.layer = layer,
                  .form = form,
                  .image = image,
                  .in_depth = in_depth,
                  .pitch = form->pitch,
                  .job = job,
                  .rows = {rows, {rows.rows, rows.size, rows.gap, &job->sums[1]}},
                  .row_words = form->row_pairs * 2u,
                  .column_words = apart ? layer->in.channels : 0,
                  .zeros = (uint16_t)layer->input_zero * UINT32_C(0x10001),
                  .zeros_of_four = (form->item == 1 ? (uint8_t)layer->input_zero : 0u) * UINT32_C(0x01010101),
                  .small = layer->dilation_width == 1 && layer->kernel_height * size <= SMALL_WINDOW,
                  .unfinished = layer->out.channels % 4u > 0 || form->clamp != NULL,
                  .reach_y = (layer->kernel_height - 1) * layer->dilation_height,
                  .reach_x = (layer->kernel_width - 1) * layer->dilation_width,
                  .taps = job->taps,
                  .copy = (int8_t *)(job->taps + 2u * layer->pairs)};
}

static int32_t within(int32_t x, int32_t high) {
    return x < 0 ? 0 : x > high ? high : x;
}

static void copy_bytes(const int8_t *from, uint32_t count, int8_t *to) {
    for (; count >= 4; count -= 4, from += 4, to += 4) memcpy(to, from, 4); // a word, whatever the alignment
    for (; count > 0; count--) *to++ = *from++;
}

// The columns of a row of the window that lie inside the image; the rest of `copy` stays.
static void copy_inside(const walk *at, const int8_t *row, int32_t x, int8_t *copy) {
    const nn_packed_conv *layer = at->layer;
    const uint32_t depth = at->in_depth;
    if (layer->dilation_width == 1) {
        const int32_t first = within(x, layer->in.width);
        const int32_t end = within(x + layer->kernel_width, layer->in.width);
        copy_bytes(row + (uint32_t)first * depth, (uint32_t)(end - first) * depth,
                   copy + (uint32_t)(first - x) * depth);
        return;
    }
    for (uint32_t kx = 0; kx < layer->kernel_width; kx++, x += layer->dilation_width, copy += depth) {
        if (x >= 0 && x < layer->in.width) copy_bytes(row + (uint32_t)x * depth, depth, copy);
    }
}

// Zero points to a pixel's next `words` words, a multiple of four, the other pixel's between them.
static void fill(uint32_t *taps, uint32_t words, uint32_t zeros) {
    for (const uint32_t *end = taps + words; taps < end; taps += 4) taps[0] = taps[2] = zeros;
}

// The taps of a pixel whose window leaves the image, where every column has words of its own.
static void gather_edge(const walk *at, int32_t y, int32_t x, uint32_t odd) {
    const nn_packed_conv *layer = at->layer;
    const int32_t first = within(x, layer->in.width), end = within(x + layer->kernel_width, layer->in.width);
    const uint32_t inside = (uint32_t)(end - first) * at->column_words;
    const uint32_t before = inside ? (uint32_t)(first - x) * at->column_words : 0;
    const uint32_t behind = at->row_words - before - inside;
    int32_t sum = 0, all = 0;
    const nn_rows part = {1, (uint32_t)(end - first) * at->in_depth, 0, &sum};
    const int8_t *from = at->image + (y * layer->in.width + first) * (int32_t)at->in_depth;
    const int32_t pitch = at->rows[0].gap + (int32_t)at->rows[0].size;
    uint32_t *taps = at->taps + odd;
    for (int32_t ky = 0; ky < layer->kernel_height; ky++, y += layer->dilation_height, from += pitch) {
        if (inside == 0 || y < 0 || y >= layer->in.height) {
            fill(taps, at->row_words, at->zeros);
            all += (int32_t)at->row_words * layer->input_zero;
        } else {
            fill(taps, before, at->zeros);
            at->form->widen(from, taps + before, &part);
            fill(taps + before + inside, behind, at->zeros);
            all += sum + (int32_t)(before + behind) * layer->input_zero;
        }
        taps += at->row_words;
    }
    at->job->sums[odd] = all;
}

// The taps of a pixel whose window leaves the image and is small: it is put together among zero points first.
static void gather_small(const walk *at, int32_t y, int32_t x, uint32_t odd) {
    const nn_packed_conv *layer = at->layer;
    const uint32_t size = at->rows[0].size;
    const int32_t first = within(x, layer->in.width), end = within(x + layer->kernel_width, layer->in.width);
    const int8_t *from = at->image + (y * layer->in.width + first) * (int32_t)at->in_depth;
    const int32_t pitch = at->rows[0].gap + (int32_t)size;
    uint32_t window[SMALL_WINDOW / sizeof(uint32_t)];
    const nn_rows all = {layer->kernel_height, size, 0, at->rows[odd].sum};
    int8_t *to = (int8_t *)window + (first - x) * (int32_t)at->in_depth;
    for (uint32_t i = 0; i < (all.rows * size + 3u) / 4u; i++) window[i] = at->zeros_of_four;
    for (uint32_t rows = all.rows; rows > 0; rows--, y += layer->dilation_height, from += pitch, to += size) {
        if (y >= 0 && y < layer->in.height) copy_bytes(from, (uint32_t)(end - first) * at->in_depth, to);
    }
    at->form->widen((const int8_t *)window, at->taps + odd, &all);
}

// The taps of a pixel whose window leaves the image or has gaps: rows are put together among zero points first.
static void gather_rows(const walk *at, int32_t y, int32_t x, uint32_t odd) {
    const nn_packed_conv *layer = at->layer;
    int32_t sum = 0, all = 0;
    uint32_t *taps = at->taps + odd;
    const nn_rows one = {1, at->rows[0].size, 0, &sum};
    const int whole = x >= 0 && x + at->reach_x < layer->in.width && at->reach_x == layer->kernel_width - 1;
    if (!whole) memset(at->copy, layer->input_zero, one.size);
    for (int32_t ky = 0; ky < layer->kernel_height; ky++, y += layer->dilation_height, taps += at->row_words) {
        if (y < 0 || y >= layer->in.height) {
            for (uint32_t i = 0; i < at->row_words; i += 2) taps[i] = at->zeros;
            all += (int32_t)at->row_words * layer->input_zero;
        } else {
            const int8_t *row = at->image + (uint32_t)y * layer->in.width * at->in_depth;
            if (!whole) copy_inside(at, row, x, at->copy);
            at->form->widen(whole ? row + (uint32_t)x * at->in_depth : at->copy, taps, &one);
            all += sum;
        }
    }
    at->job->sums[odd] = all;
}

__attribute__((noinline)) static void gather_slowly(const walk *at, int32_t y, int32_t x, uint32_t odd) {
    if (at->column_words) {
        gather_edge(at, y, x, odd);
    } else if (at->small) {
        gather_small(at, y, x, odd);
    } else {
        gather_rows(at, y, x, odd);
    }
}

// The last one to three channels: the block of four they fill is written aside.
__attribute__((noinline)) static void multiply_rest(const nn_conv_form *form, nn_dot_pair job, int8_t *out0,
                                                    int8_t *out1, uint32_t rest) {
    uint32_t aside[4];
    job.out0 = (int8_t *)aside;
    job.out1 = (int8_t *)(aside + form->item);
    form->dot(&job);
    memcpy(out0, aside, rest * form->item);
    memcpy(out1, aside + form->item, rest * form->item);
}

// What the innermost loop leaves of two pixels: channels behind the last whole four, and an activation's limits.
__attribute__((noinline)) static void finish(const walk *at, int8_t *out0, int8_t *out1) {
    const nn_packed_conv *layer = at->layer;
    const uint32_t rest = layer->out.channels % 4u;
    if (rest > 0) {
        nn_dot_pair last = *at->job;
        last.packed = at->job->packed_end;
        last.packed_end = last.packed + at->form->block;
        const uint32_t done = (layer->out.channels - rest) * at->form->item;
        multiply_rest(at->form, last, out0 + done, out1 + done, rest);
    }
    if (at->form->clamp != NULL) {
        at->form->clamp(layer, out0);
        at->form->clamp(layer, out1);
    }
}

// All channels of two pixels. The job holds all but where they go.
static inline void multiply_both(const walk *at, int8_t *out0, int8_t *out1) {
    nn_dot_pair *job = at->job;
    job->out0 = out0;
    job->out1 = out1;
    if (job->packed != job->packed_end) at->form->dot(job);
    if (at->unfinished) finish(at, out0, out1);
}

static inline void multiply(const walk *at, int8_t *output) {
    multiply_both(at, output, output + at->pitch);
}

// A last pixel without a neighbour: computed twice, to the same place.
static void multiply_last(const walk *at, int8_t *output) {
    for (uint32_t i = 0; i < 2u * at->layer->pairs; i += 2) at->taps[i + 1] = at->taps[i];
    at->job->sums[1] = at->job->sums[0];
    multiply_both(at, output, output);
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
static int adjacent(const nn_packed_conv *layer, const nn_conv_form *form) {
    const int one = form->pitch == layer->out.channels && layer->kernel_height == 1 && layer->kernel_width == 1;
    // Padding at the bottom or right alone shows in the sides only.
    const int all = layer->stride_height == 1 && layer->stride_width == 1 && layer->pad_top == 0 &&
                    layer->pad_left == 0 && layer->out.height == layer->in.height &&
                    layer->out.width == layer->in.width;
    return one && all && layer->in.channels % 4u == 0 && layer->out.channels % 4u == 0;
}

static void convolve_adjacent(const walk *at, int8_t *output) {
    const nn_packed_conv *layer = at->layer;
    nn_dot_pair *job = at->job;
    const uint32_t depth = layer->out.channels;
    const uint32_t pixels = (uint32_t)layer->out.height * layer->out.width;
    job->input = at->image;
    job->count = pixels / 2u;
    job->out0 = output;
    job->out1 = output + depth;
    if (job->count > 0) at->form->dot(job);
    if (at->form->clamp != NULL) {
        for (uint32_t i = 0; i < 2u * job->count; i++) at->form->clamp(layer, output + i * depth);
    }
    if (pixels % 2u) {
        job->input = NULL;
        job->count = 1;
        at->form->widen(at->image + (pixels - 1) * layer->in.channels, at->taps, &at->rows[0]);
        multiply_last(at, output + (pixels - 1) * depth);
    }
}

// Two neighbours in a row whose windows lie inside the image; `from` is the first one's.
static inline void inner_pair(const walk *at, const int8_t *from, uint32_t step, int8_t *output) {
    const nn_conv_form *form = at->form;
    if (form->widen_two != NULL) {
        form->widen_two(from, at->taps, &at->rows[0], step);
    } else {
        form->widen(from, at->taps, &at->rows[0]);
        form->widen(from + step, at->taps + 1, &at->rows[1]);
    }
    multiply(at, output);
}

static void convolve(const walk *at, int8_t *output) {
    const nn_packed_conv *layer = at->layer;
    const uint32_t step = layer->stride_width * at->in_depth;
    const uint32_t width = layer->out.width;
    uint32_t first, count, odd = 0;
    inner_columns(at, &first, &count);
    for (int32_t row = 0, y = -layer->pad_top; row < layer->out.height; row++, y += layer->stride_height) {
        const uint32_t inner = y >= 0 && y + at->reach_y < layer->in.height ? count : 0;
        const int8_t *corner = at->image + (y * layer->in.width - layer->pad_left) * (int32_t)at->in_depth;
        for (uint32_t column = 0; column < width; column++) {
            const uint32_t done = column - first; // of the inner columns, if it is one
            if (!odd && done < inner && done + 1u < inner) {
                inner_pair(at, corner + column * step, step, output);
                output += 2u * at->pitch;
                column++;
                continue;
            }
            if (done < inner) {
                at->form->widen(corner + column * step, at->taps + odd, &at->rows[odd]);
            } else {
                gather_slowly(at, y, (int32_t)(column * layer->stride_width) - layer->pad_left, odd);
            }
            if (odd) {
                multiply(at, output);
                output += 2u * at->pitch;
            }
            odd ^= 1u;
        }
    }
    if (odd) multiply_last(at, output);
}

void nn_conv_2d_pairs(const nn_packed_conv *layer, const nn_conv_form *form, const int8_t *input, int8_t *output,
                      void *scratch) {
    nn_dot_pair job = {.taps = scratch,
                       .taps_end = (uint32_t *)scratch + 2u * layer->pairs,
                       .centre = 2 * layer->output_zero + 1,
                       .symmetric = form->symmetric,
                       .packed_end = layer->packed + layer->out.channels / 4u * form->block,
                       .packed = layer->packed,
                       .depth = layer->in.channels,
                       .count = 1};
    const walk at = start(layer, form, &job, input);
    if (adjacent(layer, form)) {
        convolve_adjacent(&at, output);
    } else {
        convolve(&at, output);
    }
}

static void clamp(const nn_packed_conv *layer, int8_t *out) {
    for (uint32_t c = 0; c < layer->out.channels; c++) {
        if (out[c] < layer->min) out[c] = (int8_t)layer->min;
        if (out[c] > layer->max) out[c] = (int8_t)layer->max;
    }
}

nn_conv_form nn_conv_form_int8(const nn_packed_conv *layer) {
    return (nn_conv_form){.clamp = layer->min > -128 || layer->max < 127 ? clamp : NULL,
                          .row_pairs = nn_pairs((uint32_t)layer->kernel_width * layer->in.channels),
                          .symmetric = layer->output_zero > -128,
                          .item = 1,
                          .pitch = layer->out.channels};
}

void nn_conv_packed_apart(const nn_packed_conv *layer, const int8_t *input, int8_t *output, uint32_t pitch,
                          void *scratch) {
    nn_conv_form form = nn_conv_form_int8(layer);
    form.pitch = pitch;
    form.dot = nn_dot_4x2;
    form.widen = nn_widen;
    form.widen_two = layer->in.channels % 16u == 0 && layer->stride_width == 1 ? nn_widen_two : NULL;
    form.block = 10u + 2u * layer->pairs;
    nn_conv_2d_pairs(layer, &form, input, output, scratch);
}

void nn_conv_2d_packed(const nn_packed_conv *layer, const int8_t *input, int8_t *output, void *scratch) {
    nn_conv_packed_apart(layer, input, output, layer->out.channels, scratch);
}
