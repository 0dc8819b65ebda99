// dot.h: the innermost loops of the packed kernels; see packed.h for the layout they read.
#ifndef NN_DOT_H
#define NN_DOT_H

#include <stdint.h>

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__) && !defined(NN_PORTABLE)
#define NN_DSP 1
#else
#define NN_DSP 0
#endif

// Pairs of pixels times all output channels. The assembler copies the struct to its stack in this order.
typedef struct {
    uint32_t *taps; // widened: a word of two taps for pixel 0, then one for pixel 1, and so on
    const uint32_t *taps_end;
    int32_t centre;    // 2 * output zero point + 1: the rounding and the zero point before the last shift
    int32_t symmetric; // 0 where results below the zero point are clamped anyway (see dot.c)
    int8_t *out0, *out1;
    const int32_t *packed_end;
    const int32_t *packed;
    const int8_t *input; // pixels of `depth` bytes to widen, pair by pair, or NULL where `taps` holds a pair already
    uint32_t depth;      // a multiple of four
    uint32_t count;      // of pairs, at least 1; 1 where `input` is NULL
    int32_t sums[2];     // of the pixels' taps, where `taps` holds them already; for weights of four bits only
} nn_dot_pair;

void nn_dot_4x2(const nn_dot_pair *job);

#if !NN_DSP
// What the portable bodies share: each pair of pixels, widened where `input` says so, to `two_pixels`.
void nn_dot_each_pair(const nn_dot_pair *job, void (*two_pixels)(const nn_dot_pair *job, int8_t *out0, int8_t *out1));
#endif

// One pixel of plain bytes, a multiple of four, against channels that share one scale; or, where `multiplier` and
// `shift` are 0 and `symmetric` is 1, channels whose scales follow their taps.
typedef struct {
    const int8_t *input;
    const int8_t *input_end;
    int32_t multiplier;
    int32_t shift;  // less one
    int32_t offset; // centre << shift
    int32_t symmetric;
    int8_t *out;
    const int32_t *packed_end;
    const int32_t *packed;
} nn_dot_one;

void nn_dot_4x1(const nn_dot_one *job);

#endif
