// scale.h: the last step of the packed kernels that are loops in C; dot.c says why it is TensorFlow Lite Micro's.
#ifndef NN_SCALE_H
#define NN_SCALE_H

#include "dot.h" // NN_DSP
#include "nn/requantise.h"

// round(x * multiplier / 2^31) of what is given twice: 2 x stays within 32 bits.
static inline int32_t nn_high_of_twice(int32_t twice, int32_t multiplier) {
#if NN_DSP
    int32_t high;
    __asm__("smmulr %0, %1, %2" : "=r"(high) : "r"(twice), "r"(multiplier));
    return high;
#else
    return nn_high_mul(twice / 2, multiplier);
#endif
}

// How a number is divided by 2^shift, rounded half away from zero; shift 0..22.
typedef struct {
    int32_t half, negative; // negative: -1 where what is below 0 is rounded the other way
    int shift;
} nn_rounding;

static inline nn_rounding nn_rounding_of(int shift) {
    return (nn_rounding){shift > 0 ? (int32_t)1 << (shift - 1) : 0, shift > 0 ? -1 : 0, shift};
}

static inline int32_t nn_round(int32_t x, nn_rounding by) {
    return (x + by.half + ((x >> 31) & by.negative)) >> by.shift;
}

// The same with the output's zero point added, within int8: `offset` is (2 * zero point + 1) << (shift - 1),
// shift 1..22.
static inline int8_t nn_settle(int32_t x, int32_t offset, int shift) {
    const int32_t twice = (x + (x >> 31) + offset) >> (shift - 1);
#if NN_DSP
    int32_t held;
    __asm__("ssat %0, #8, %1, asr #1" : "=r"(held) : "r"(twice));
    return (int8_t)held;
#else
    return (int8_t)nn_clamp(twice >> 1, INT8_MIN, INT8_MAX);
#endif
}

static inline int32_t nn_settle_offset(int32_t zero, int shift) {
    return (2 * zero + 1) * ((int32_t)1 << (shift - 1));
}

#endif
