// Depthwise 3x3, four channels at a time: strips of the image are taken apart into channels (see planes.h), whose
// outputs may then overwrite the image itself.
#include "dot.h" // NN_DSP
#include "nn/packed.h"
#include "planes.h"
#include "split.h"
#include <stddef.h>
#include <string.h>

NN_SPLIT(split, "128", NN_PLANE_PAIR)

// One row of the image, or zero points where `row` is NULL, to one row of the plane.
__attribute__((noinline)) static void take_apart(const nn_packed_depthwise *layer, const int8_t *row, uint32_t *to) {
    const uint32_t step = layer->in_column_step;
    const uint32_t zeros = (uint16_t)layer->input_zero * UINT32_C(0x10001);
    const uint32_t *end = to + layer->pairs * NN_PLANE_PAIR;
    uint32_t left = layer->in_columns;
    if (row != NULL) {
        if (layer->pad_column) {
            nn_edge(row, zeros, 1, to);
            row += step;
            left--, to += NN_PLANE_PAIR;
        }
        const uint32_t room = (uint32_t)(end - to) / NN_PLANE_PAIR;
        const uint32_t pairs = left / 2u < room ? left / 2u : room;
        to = split(row, step, pairs, to);
        if (left % 2u && to < end) {
            nn_edge(row + 2u * pairs * step, zeros, 0, to);
            to += NN_PLANE_PAIR;
        }
    }
    if (to < end) nn_outside(zeros, (uint32_t)(end - to) / NN_PLANE_PAIR, NN_PLANE_PAIR, to);
}

// The last rows of a strip are the first of the next: their pixels may be overwritten by then.
static void keep_rows(uint32_t pairs, uint32_t from, uint32_t count, uint32_t *plane) {
    const uint32_t *source = plane + from * NN_PLANE_CHANNELS;
    for (; pairs > 0; pairs--, plane += NN_PLANE_PAIR, source += NN_PLANE_PAIR) {
        memcpy(plane, source, count * NN_PLANE_CHANNELS * sizeof *plane);
    }
}

// Four channels of the whole image; `job` holds all but the rows and where they go.
static void four_channels(const nn_packed_depthwise *layer, const int8_t *image, uint32_t *plane, nn_plane_job job) {
    const uint32_t stride = layer->stride;
    const uint32_t most = (NN_PLANE_ROWS - 3u) / stride + 1u; // output rows in a strip
    uint32_t kept = 0;                                        // rows of the plane that the last strip left
    for (uint32_t left = layer->out_rows; left > 0; left -= job.rows) {
        const uint32_t done = layer->out_rows - left;
        job.rows = left < most ? left : most;
        const uint32_t rows = (job.rows - 1u) * stride + 3u;
        for (uint32_t row = kept; row < rows; row++) {
            const uint32_t y = done * stride + row - layer->pad_row;
            take_apart(layer, y < layer->in_rows ? image + y * layer->in_row_step : NULL,
                       plane + row * NN_PLANE_CHANNELS);
        }
        if (stride == 1) {
            nn_depthwise_3x3_stride_1(&job);
        } else {
            nn_depthwise_3x3_stride_2(&job);
        }
        job.out += job.rows * layer->out_row_step;
        kept = 3u - stride;
        if (job.rows < left) keep_rows(layer->pairs, rows - kept, kept, plane);
    }
}

static void clamp_pixel(const nn_packed_depthwise *layer, int8_t *out) {
    for (uint32_t left = layer->channels; left > 0; left--, out++) {
        if (*out < layer->min) *out = (int8_t)layer->min;
        if (*out > layer->max) *out = (int8_t)layer->max;
    }
}

static void clamp(const nn_packed_depthwise *layer, int8_t *output) {
    for (uint32_t row = 0; row < layer->out_rows; row++, output += layer->out_row_step) {
        int8_t *out = output;
        for (uint32_t left = layer->out_columns; left > 0; left--, out += layer->out_column_step) {
            clamp_pixel(layer, out);
        }
    }
}

void nn_depthwise_3x3_packed(const nn_packed_depthwise *layer, const int8_t *input, int8_t *output, void *scratch) {
    nn_plane_job job = {.plane = scratch,
                        .packed = layer->packed,
                        .out = output,
                        .column_step = layer->out_column_step,
                        .row_step = layer->out_row_step,
                        .columns = layer->out_columns,
                        .centre = 2 * layer->output_zero + 1};
    for (uint32_t c = 0; c < layer->channels; c += NN_PLANE_CHANNELS) {
        four_channels(layer, input + c, scratch, job);
        job.packed += 5 * NN_PLANE_CHANNELS;
        job.out += NN_PLANE_CHANNELS;
    }
    if (layer->min > -128 || layer->max < 127) clamp(layer, output);
}
