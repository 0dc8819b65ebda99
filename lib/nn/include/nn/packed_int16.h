// packed_int16.h: layers with int16 activations and int8 weights, packed when the model is compiled. No heap, no state.
// As packed.h: two bodies, the same bytes out. Zero points are 0. ml/compiler/packing_int16.py writes what these read.
#ifndef NN_PACKED_INT16_H
#define NN_PACKED_INT16_H

#include "nn/elementwise.h" // nn_add_params
#include "nn/packed.h"      // nn_packed_conv, nn_packed_taps
#include "nn/pool.h"        // nn_pool

#ifdef __cplusplus
extern "C" {
#endif

// nn_packed_conv, whose `packed` points to four output channels like this, where the sums of all channels stay within
// 32 bits whatever the input:
//   bias[4]
//   weights[]      a pair of taps: two words, channels (0, 1) and (2, 3); a word: the bytes c0 t0, c1 t0, c0 t1, c1 t1
//   shifts         to the right, less 17, a byte a channel; see nn_scale_int16
//   multiplier[4]  times 2^16
// A pair is two neighbours in a row of the window; the weight beside the last of an odd row is 0.
// scratch: 8 * pairs + 2 * kernel_width * in.channels bytes, aligned to 4.
void nn_conv_2d_int16_packed(const nn_packed_conv *layer, const int16_t *input, int16_t *output, void *scratch);

// The same with sums of 64 bits and any scale. Four output channels:
//   bias[4]        of 64 bits, the lower half first
//   weights[]      as above
//   shifts         to the right, a byte a channel
//   multiplier[4]
void nn_conv_2d_int16_wide_packed(const nn_packed_conv *layer, const int16_t *input, int16_t *output, void *scratch);

// Any window, one output channel an input channel, a multiple of four of them. Steps are in bytes. Four channels:
//   bias[4]
//   weights[]      a tap: the bytes c0, c2, c1, c3; taps follow each other along the longer side of the window
//   shifts, multiplier[4] as nn_conv_2d_int16_packed's
void nn_depthwise_int16_packed(const nn_packed_taps *layer, const int16_t *input, int16_t *output);

// One row of inputs, an even number of them; four outputs as nn_conv_2d_int16_packed's.
typedef struct {
    uint16_t inputs, outputs;
    int16_t min, max;
    const int32_t *packed;
} nn_matrix_int16;

void nn_fully_connected_int16_packed(const nn_matrix_int16 *layer, const int16_t *input, int16_t *output);

// The sum of two tensors of one shape, both inputs 15 bits up; `large` has the larger scale.
typedef struct {
    uint32_t count;
    int16_t small_shift, output_shift; // to the right, 0..31 (0: the scales are equal) and 1..31
    int16_t min, max;
    int32_t small_multiplier, output_multiplier;
} nn_add_equal_int16_params;

void nn_add_equal_int16(const nn_add_equal_int16_params *layer, const int16_t *large, const int16_t *small,
                        int16_t *output);

// Channels are the innermost loop; otherwise as nn_max_pool_int16 and nn_average_pool_int16.
void nn_max_pool_int16_packed(const nn_pool *layer, const int16_t *input, int16_t *output);
void nn_average_pool_int16_packed(const nn_pool *layer, const int16_t *input, int16_t *output);

#ifdef __cplusplus
}
#endif
#endif
