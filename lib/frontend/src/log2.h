// log2.h: log2_q8 of frontend/integer.h, to be inlined where it is called for every band; x is 1 and up.
#ifndef FRONTEND_LOG2_H
#define FRONTEND_LOG2_H

#include "tables.h"

// Of 32 bits, where int may have 16.
__attribute__((always_inline)) static inline int leading_zeros(uint32_t x) {
    return sizeof(int) == sizeof x ? __builtin_clz((unsigned)x) : __builtin_clzl(x);
}

__attribute__((always_inline)) static inline int32_t log2_inline(uint64_t x) {
    const uint32_t upper = (uint32_t)(x >> 32), lower = (uint32_t)x;
    const int zeros = upper ? leading_zeros(upper) : leading_zeros(lower);
    const uint32_t mantissa = upper ? (uint32_t)(x << zeros >> 32) : lower << zeros; // 2^31..2^32-1
    const uint32_t entry = log2_table[mantissa >> 26 & 31u], fraction = mantissa >> 10 & 0xFFFFu;
    const uint32_t step = entry & 0xFFFFu;
    const uint32_t value = (entry - step) + step * fraction; // Q32
    return ((int32_t)(upper ? 63 - zeros : 31 - zeros) * 256) + (int32_t)(((value >> 23) + 1) >> 1);
}

// log2(1 + energy * 2^left / 2^8) in Q8; the 1 grows where 2^left alone is more.
__attribute__((always_inline)) static inline int32_t level_inline(uint64_t energy, int left) {
    const uint64_t one = left <= 8 ? (uint64_t)1 << (8 - left) : 1;
    return log2_inline(energy + one) + (left - 8) * 256;
}

#endif
