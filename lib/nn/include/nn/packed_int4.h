// packed_int4.h: layers with weights of four bits (-8..7) on int8 activations. No heap, no state.
// As packed.h: two bodies, the same bytes out. ml/compiler/packing_int4.py writes what these read; docs/kernels.md says
// why four channels may share a word.
#ifndef NN_PACKED_INT4_H
#define NN_PACKED_INT4_H

#include "nn/packed.h" // nn_packed_conv

#ifdef __cplusplus
extern "C" {
#endif

// nn_packed_conv, whose `packed` points to four output channels like this. `w` is a weight, `b` a bias with the input's
// zero point folded in:
//   bias[4]       4096 b3 + 256 b2 + 16 b1 + b0; 4096 b3 + 256 b2 + 16 b1; 4096 b3 + 256 b2; 4096 b3
//   weights[]     a pair of taps: one word of two halves, each 4096 w3 + 256 (w2 + 8) + 16 (w1 + 8) + w0 + 8
//   shifts        to the right, less one, a byte a channel
//   multiplier[4]
// Pairs of taps, scratch memory and the places of input and output are nn_conv_2d_packed's.
void nn_conv_2d_int4_packed(const nn_packed_conv *layer, const int8_t *input, int8_t *output, void *scratch);

// One row of inputs. Four outputs:
//   bias[4]     as above
//   weights[]   as above, one row of `inputs` taps
//   scales      shifts and multiplier[4] as above, where `scales` is NULL
typedef struct {
    uint16_t inputs, outputs; // inputs a multiple of four
    int16_t output_zero;
    int16_t min, max;
    const int32_t *scales; // [5]: shifts (-3..16 here) and multipliers of all blocks of four, or NULL
    const int32_t *packed;
} nn_matrix_int4;

void nn_fully_connected_int4_packed(const nn_matrix_int4 *layer, const int8_t *input, int8_t *output);

#ifdef __cplusplus
}
#endif
#endif
