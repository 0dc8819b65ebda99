// scale.h: the last step of every front end, from its own units to int8.
#ifndef FRONTEND_SCALE_H
#define FRONTEND_SCALE_H

#include <stdint.h>

// ((x * multiplier + 2^(shift-1)) >> shift) + zero_point; shift is 1..30.
static inline int64_t scaled(int32_t x, int16_t multiplier, uint8_t shift, int32_t zero_point) {
    return (((int64_t)x * multiplier + (INT64_C(1) << (shift - 1))) >> shift) + zero_point;
}

// Counts what it clips.
static inline int8_t saturated(int64_t q, uint32_t *low, uint32_t *high) {
    if (q < INT8_MIN) return ++*low, (int8_t)INT8_MIN;
    if (q > INT8_MAX) return ++*high, (int8_t)INT8_MAX;
    return (int8_t)q;
}

#endif
