// packed.h: convolutions and matrix products whose weights the compiler has packed. No heap, no state.
// Every kernel has two bodies with the same bytes out: Cortex-M with the DSP extension, and plain C.
// ml/compiler/packing.py packs the weights; docs/kernels.md says how the kernels work and what they cost.
#ifndef NN_PACKED_H
#define NN_PACKED_H

#include "nn/conv.h" // nn_shape

#ifdef __cplusplus
extern "C" {
#endif

// Four output channels, in the order in which they are read. With `k` counting the taps of a pixel in pairs:
//   bias[4]     256 * b1 + b0, b0, 256 * b3 + b2, b2; the input's zero point folded in
//   weights[]   a pair: two words, channels (1, 0) and (3, 2); a word: two halves, one a tap, each 256 * w1 + w0
//   scale[2][3] the multipliers of two channels, then their shifts less one in the low bytes (see nn_scale_pair)
// A pair of taps is (0, 2) or (1, 3) of four neighbours in a row of the window; what is left of a row, when it is not
// a multiple of four, is (0, -), (0, 1) or (0, 2)(1, -).
typedef struct {
    nn_shape in, out;
    uint16_t kernel_height, kernel_width;
    uint16_t stride_height, stride_width;
    uint16_t dilation_height, dilation_width;
    uint16_t pad_top, pad_left;
    uint16_t pairs; // of taps a pixel, all rows of the window together
    int16_t input_zero, output_zero;
    int16_t min, max;
    const int32_t *packed;
} nn_packed_conv;

// scratch: 8 * pairs + kernel_width * in.channels bytes, aligned to 4.
void nn_conv_2d_packed(const nn_packed_conv *layer, const int8_t *input, int8_t *output, void *scratch);

// 3x3, one output channel an input channel, a multiple of four of them. A channel:
//   rows[3]     the weights of a row in the three low bytes; the top byte of the first is the shift less one
//   bias        twice, with the input's zero point folded in
//   multiplier
// Rows and columns may be exchanged (and each 3x3 window with them), which is faster if rows are short: the loop runs
// along a row.
typedef struct {
    uint16_t in_rows, in_columns, out_rows, out_columns, channels;
    uint16_t stride;              // 1 or 2
    uint16_t pad_row, pad_column; // before the first, 0 or 1
    uint16_t pairs;               // of columns in the plane, see ml/compiler/packing.py
    int16_t input_zero, output_zero;
    int16_t min, max;
    uint32_t in_row_step, in_column_step, out_row_step, out_column_step; // bytes
    const int32_t *packed;
} nn_packed_depthwise;

// scratch: 128 * (pairs + 1) bytes, aligned to 4. The output may start where the input does.
void nn_depthwise_3x3_packed(const nn_packed_depthwise *layer, const int8_t *input, int8_t *output, void *scratch);

// 3x3, several output channels an input channel, a multiple of four of them altogether.
typedef struct {
    nn_packed_depthwise four;      // four output channels; its input is the image that these four read, side by side
    uint16_t channels, multiplier; // of the input; output channels of each
} nn_packed_multiplied_3x3;

// scratch: 4 * rows * columns of the input + 128 * (pairs + 1) bytes, aligned to 4.
void nn_depthwise_multiplied_3x3_packed(const nn_packed_multiplied_3x3 *layer, const int8_t *input, int8_t *output,
                                        void *scratch);

// Any window, several output channels an input channel: a convolution for each group of one or more input channels, in
// which a weight between an output and another's input is 0.
typedef struct {
    nn_packed_conv one; // group, VALID on what its windows read, padding included; `packed` holds one after the other
    uint16_t in_height, in_width, channels; // of the input; channels a multiple of one.in.channels
    uint16_t pad_top, pad_left;
    uint16_t words; // of `packed` that a group takes
} nn_packed_multiplied;

// scratch: the inputs of a group, rounded up to 4 bytes, then as nn_conv_2d_packed's.
void nn_depthwise_multiplied_packed(const nn_packed_multiplied *layer, const int8_t *input, int8_t *output,
                                    void *scratch);

// Any window, one output channel an input channel, a multiple of four of them. Four channels:
//   bias[4]       with the input's zero point folded in
//   weights[]     a tap: a byte a channel; taps follow each other along the longer side of the window
//   multiplier[4]
//   shifts        to the right, less one, a byte a channel
// "along" is the axis of the longer side of the window (the height where `turned`), "across" the other one.
typedef struct {
    uint16_t out_height, out_width, channels;
    uint16_t stride_height, stride_width, pad_top, pad_left;
    uint16_t turned;
    uint16_t in_along, in_across;     // sides of the image
    uint16_t along_taps, across_taps; // of the window
    uint16_t along_dilation, across_dilation;
    int16_t input_zero, output_zero;
    int16_t min, max;
    uint32_t in_along_step, in_across_step; // bytes
    const int32_t *packed;
} nn_packed_taps;

void nn_depthwise_packed(const nn_packed_taps *layer, const int8_t *input, int8_t *output);

// A window along one axis, 2 to NN_LINE_TAPS taps of it side by side, stride 1; one output channel an input channel, a
// multiple of four of them. A line is a row of the image, or a column. A channel:
//   bias        twice, with the input's zero point folded in
//   multiplier
//   shift       to the right, less one
//   weights[]   a byte a tap, then zeros: a multiple of four bytes, at least two more than taps
#define NN_LINE_TAPS 15

typedef struct {
    uint16_t lines, in_length, out_length, channels;
    uint16_t taps, pad; // of the window; positions before the first of a line
    int16_t input_zero, output_zero;
    int16_t min, max;
    uint32_t in_step, out_step; // bytes from one position of a line to the next
    uint32_t in_line, out_line; // bytes from one line to the next
    const int32_t *packed;
} nn_packed_line;

// scratch: 16 * pairs + 32 * (taps / 2 + 1) bytes, aligned to 4, with pairs = (out_length + 3) / 4 * 2 + taps / 2.
// The output may start where the input does, if each line is made from itself: see ml/compiler/packing.py.
void nn_depthwise_line_packed(const nn_packed_line *layer, const int8_t *input, int8_t *output, void *scratch);

// One scale for the whole matrix, or one an output: `multiplier` and `shift` are 0 then.
typedef struct {
    uint16_t inputs, outputs; // inputs a multiple of four
    int16_t output_zero;
    int16_t min, max;
    int16_t shift; // to the right, 1..16
    int32_t multiplier;
    const int32_t *packed; // as nn_packed_conv's, one row of `inputs` taps; without scales where one serves all
} nn_packed_matrix;

void nn_fully_connected_packed(const nn_packed_matrix *layer, const int8_t *input, int8_t *output);

#ifdef __cplusplus
}
#endif
#endif
