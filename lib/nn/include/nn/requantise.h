// requantise.h: from a 32-bit sum to a smaller scale, with the roundings of TensorFlow Lite Micro's reference kernels.
#ifndef NN_REQUANTISE_H
#define NN_REQUANTISE_H

#include <stdint.h>

// (a * b) / 2^31, rounded half up. The one pair that would overflow, both INT32_MIN, does not occur: b >= 0.
static inline int32_t nn_high_mul(int32_t a, int32_t b) {
    return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}

// x / 2^shift, rounded half away from zero; shift 0..31.
static inline int32_t nn_shift_right(int32_t x, int shift) {
    const int32_t mask = (int32_t)((UINT32_C(1) << shift) - 1u);
    const int32_t threshold = (mask >> 1) + (x < 0);
    return (x >> shift) + ((x & mask) > threshold);
}

// x * multiplier / 2^31 * 2^shift, rounded twice; multiplier >= 0, shift -31..30.
static inline int32_t nn_requantise(int32_t x, int32_t multiplier, int shift) {
    const int left = shift > 0 ? shift : 0;
    const int right = shift > 0 ? 0 : -shift;
    return nn_shift_right(nn_high_mul((int32_t)((uint32_t)x << left), multiplier), right);
}

// The same plus a zero point. If extreme scales lead out of 32 bits, this wraps, as the reference build of TensorFlow
// Lite Micro does.
static inline int32_t nn_rescale(int32_t x, int32_t multiplier, int shift, int32_t zero) {
    return (int32_t)((uint32_t)nn_requantise(x, multiplier, shift) + (uint32_t)zero);
}

static inline int32_t nn_clamp(int32_t x, int32_t low, int32_t high) {
    return x < low ? low : x > high ? high : x;
}

#endif
