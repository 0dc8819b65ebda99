// fixed_point.h: what softmax and the recurrent layers need beyond requantise.h; roundings as in gemmlowp's
// fixedpoint.h.
#ifndef NN_FIXED_POINT_H
#define NN_FIXED_POINT_H

#include "nn/requantise.h"

// x * 2^shift, held within int32.
static inline int32_t nn_shift_left(int32_t x, int shift) {
    const int64_t wide = (int64_t)x * ((int64_t)1 << shift);
    return wide > INT32_MAX ? INT32_MAX : wide < INT32_MIN ? INT32_MIN : (int32_t)wide;
}

// 1 / (1 + x) for x in [0, 1), both Q0.31, by three Newton steps.
static inline int32_t nn_one_over_one_plus(int32_t x) {
    const int32_t half_denominator = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);
    // Q2.29: 48/17 - 32/17 d is the best straight line through 1/d on [1/2, 1].
    int32_t guess = 1515870810 + nn_high_mul(half_denominator, -1010580540);
    for (int step = 0; step < 3; step++) {
        const int32_t error = ((int32_t)1 << 29) - nn_high_mul(half_denominator, guess);
        guess += nn_shift_left(nn_high_mul(guess, error), 2);
    }
    return nn_shift_left(guess, 1);
}

static inline int nn_leading_zeros(uint32_t x) {
    int zeros = 0;
    for (; zeros < 32 && !(x & UINT32_C(0x80000000)); zeros++) x <<= 1;
    return zeros;
}

#endif
