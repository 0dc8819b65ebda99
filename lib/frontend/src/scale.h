// scale.h: the last step of every front end, from its own units to int8.
#ifndef FRONTEND_SCALE_H
#define FRONTEND_SCALE_H

#include <stdint.h>

typedef struct {
    int32_t multiplier, round, zero_point;
    uint32_t shift;
} scale;

// q = ((x * multiplier + 2^(shift-1)) >> shift) + zero_point; shift is 1..30 and the result must fit 32 bits.
static inline scale scale_of(int16_t multiplier, uint8_t shift, int32_t zero_point) {
    return (scale){multiplier, INT32_C(1) << (shift - 1), zero_point, shift};
}
__attribute__((always_inline)) static inline int32_t scaled(int32_t x, scale s) {
    const uint64_t product = (uint64_t)((int64_t)x * s.multiplier + s.round);
    return (int32_t)((uint32_t)product >> s.shift | (uint32_t)(product >> 32) << (32 - s.shift)) + s.zero_point;
}

// Counts what it clips.
__attribute__((always_inline)) static inline int8_t saturated(int32_t q, uint32_t *low, uint32_t *high) {
    if (q < INT8_MIN) return ++*low, (int8_t)INT8_MIN;
    if (q > INT8_MAX) return ++*high, (int8_t)INT8_MAX;
    return (int8_t)q;
}

#endif
