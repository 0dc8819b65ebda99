// Depthwise 3x3, four channels at a time: strips of the image are taken apart into channels (see planes.h), whose
// outputs may then overwrite the image itself.
#include "dot.h" // NN_DSP
#include "nn/packed.h"
#include "planes.h"
#include <string.h>

// Two neighbouring pixels of four channels to a word a channel.
#if NN_DSP
static inline void split(const int8_t *left, const int8_t *right, uint32_t *to) {
    uint32_t a, b, a_even, a_odd, b_even, b_odd;
    memcpy(&a, left, 4);
    memcpy(&b, right, 4);
    __asm__("sxtb16 %0, %2\n sxtb16 %1, %2, ror #8" : "=&r"(a_even), "=r"(a_odd) : "r"(a));
    __asm__("sxtb16 %0, %2\n sxtb16 %1, %2, ror #8" : "=&r"(b_even), "=r"(b_odd) : "r"(b));
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(to[0]) : "r"(a_even), "r"(b_even));
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(to[1]) : "r"(a_odd), "r"(b_odd));
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(to[2]) : "r"(b_even), "r"(a_even));
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(to[3]) : "r"(b_odd), "r"(a_odd));
}
#else
static inline void split(const int8_t *left, const int8_t *right, uint32_t *to) {
    for (int c = 0; c < NN_PLANE_CHANNELS; c++) to[c] = (uint16_t)left[c] | (uint32_t)(uint16_t)right[c] << 16;
}
#endif

// One row of the image, or zero points where `row` is NULL, to one row of the plane.
static void take_apart(const nn_packed_depthwise *layer, const int8_t *row, uint32_t *to) {
    const uint32_t depth = layer->in.channels;
    const int8_t zero = (int8_t)layer->input_zero;
    const int8_t zeros[NN_PLANE_CHANNELS] = {zero, zero, zero, zero};
    uint32_t pairs = layer->pairs;
    if (row == NULL) {
        for (; pairs > 0; pairs--, to += NN_PLANE_PAIR) split(zeros, zeros, to);
        return;
    }
    const int8_t *end = row + layer->in.width * depth;
    if (layer->pad_left) {
        split(zeros, row, to);
        row += depth;
        pairs--, to += NN_PLANE_PAIR;
    }
    for (; pairs > 0 && row + depth < end; pairs--, to += NN_PLANE_PAIR, row += 2u * depth) split(row, row + depth, to);
    if (pairs > 0 && row < end) {
        split(row, zeros, to);
        pairs--, to += NN_PLANE_PAIR;
    }
    for (; pairs > 0; pairs--, to += NN_PLANE_PAIR) split(zeros, zeros, to);
}

// The last rows of a strip are the first of the next: their pixels may be overwritten by then.
static void keep_rows(uint32_t pairs, uint32_t from, uint32_t count, uint32_t *plane) {
    for (; pairs > 0; pairs--, plane += NN_PLANE_PAIR) {
        for (uint32_t i = 0; i < count * NN_PLANE_CHANNELS; i++) plane[i] = plane[from * NN_PLANE_CHANNELS + i];
    }
}

// Four channels of the whole image; `job` holds all but the rows and where they go.
static void four_channels(const nn_packed_depthwise *layer, const int8_t *image, uint32_t *plane, nn_plane_job job) {
    const uint32_t stride = layer->stride;
    const uint32_t most = (NN_PLANE_ROWS - 3u) / stride + 1u; // output rows in a strip
    const uint32_t pitch = (uint32_t)layer->in.width * layer->in.channels;
    uint32_t kept = 0;
    for (uint32_t left = layer->out.height; left > 0; left -= job.rows) {
        const uint32_t done = layer->out.height - left;
        job.rows = left < most ? left : most;
        const uint32_t rows = (job.rows - 1u) * stride + 3u;
        for (uint32_t row = kept; row < rows; row++) {
            const uint32_t y = done * stride + row - layer->pad_top;
            take_apart(layer, y < layer->in.height ? image + y * pitch : NULL, plane + row * NN_PLANE_CHANNELS);
        }
        if (stride == 1) {
            nn_depthwise_3x3_stride_1(&job);
        } else {
            nn_depthwise_3x3_stride_2(&job);
        }
        job.out += job.rows * job.pitch;
        kept = 3u - stride;
        keep_rows(layer->pairs, rows - kept, kept, plane);
    }
}

static void clamp(const nn_packed_depthwise *layer, int8_t *out) {
    for (uint32_t left = (uint32_t)layer->out.height * layer->out.width * layer->out.channels; left > 0;
         left--, out++) {
        if (*out < layer->min) *out = (int8_t)layer->min;
        if (*out > layer->max) *out = (int8_t)layer->max;
    }
}

void nn_depthwise_3x3_packed(const nn_packed_depthwise *layer, const int8_t *input, int8_t *output, void *scratch) {
    nn_plane_job job = {.plane = scratch,
                        .packed = layer->packed,
                        .out = output,
                        .depth = layer->out.channels,
                        .pitch = (uint32_t)layer->out.width * layer->out.channels,
                        .columns = layer->out.width,
                        .centre = 2 * layer->output_zero + 1};
    for (uint32_t c = 0; c < layer->in.channels; c += NN_PLANE_CHANNELS) {
        four_channels(layer, input + c, scratch, job);
        job.packed += 5 * NN_PLANE_CHANNELS;
        job.out += NN_PLANE_CHANNELS;
    }
    if (layer->min > -128 || layer->max < 127) clamp(layer, output);
}
