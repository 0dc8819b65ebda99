// scale_int16.h: the last step of the layers with int16 activations and int8 weights.
#ifndef NN_SCALE_INT16_H
#define NN_SCALE_INT16_H

#include "nn/int16.h"
#include "nn/requantise.h"

// sum * multiplier / 2^shift, rounded half up; |sum| < 2^47, multiplier 0..32767, shift 8..46.
static inline int32_t nn_scale_wide(int64_t sum, int32_t multiplier, int shift) {
    const int64_t scaled = (sum * multiplier + (INT64_C(1) << (shift - 1))) >> shift;
    return (int32_t)(uint32_t)(uint64_t)scaled;
}

// The output of channel `c` whose weighted inputs add up to `sum`.
static inline int16_t nn_scale_sum(const nn_scale_int16 *scale, int32_t c, int64_t sum) {
    const int32_t multiplier = scale->multiplier[c * scale->per_channel];
    const int shift = scale->shift[c * scale->per_channel];
    const int32_t scaled =
        scale->bias ? nn_scale_wide(sum + scale->bias[c], multiplier, shift)
                    : nn_requantise((int32_t)(uint32_t)(uint64_t)(sum + scale->narrow_bias[c]), multiplier, shift);
    return (int16_t)nn_clamp(scaled, scale->min, scale->max);
}

#endif
