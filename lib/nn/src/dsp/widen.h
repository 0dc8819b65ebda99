// widen.h: from bytes to the pairs of 16-bit taps that SMLAD multiplies; packed.h has the order.
#ifndef NN_WIDEN_H
#define NN_WIDEN_H

#include "dot.h" // NN_DSP
#include <string.h>

// Words that a row of `size` taps takes.
static inline uint32_t nn_pairs(uint32_t size) {
    return size / 4u * 2u + (size % 4u + 1u) / 2u;
}

static inline uint32_t nn_pair(int8_t tap0, int8_t tap1) {
    return (uint16_t)tap0 | (uint32_t)(uint16_t)tap1 << 16;
}

#if NN_DSP
// An address of any alignment: LDR takes it, LDM and LDRD would not, so nothing but memcpy may be used.
static inline void nn_widen4(const int8_t *from, uint32_t *even, uint32_t *odd) {
    uint32_t word, taps;
    memcpy(&word, from, 4);
    __asm__("sxtb16 %0, %1" : "=r"(taps) : "r"(word));
    *even = taps;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(taps) : "r"(word));
    *odd = taps;
}
#else
static inline void nn_widen4(const int8_t *from, uint32_t *even, uint32_t *odd) {
    *even = nn_pair(from[0], from[2]);
    *odd = nn_pair(from[1], from[3]);
}
#endif

// A row of taps to every other word of `to`.
static inline void nn_widen(const int8_t *from, uint32_t size, uint32_t *to) {
    for (; size >= 8; size -= 8, from += 8, to += 8) { // two words at a time: the second load is a cycle cheaper
        nn_widen4(from, &to[0], &to[2]);
        nn_widen4(from + 4, &to[4], &to[6]);
    }
    if (size >= 4) {
        nn_widen4(from, &to[0], &to[2]);
        size -= 4, from += 4, to += 4;
    }
    if (size == 1) to[0] = nn_pair(from[0], 0);
    if (size == 2) to[0] = nn_pair(from[0], from[1]);
    if (size == 3) {
        to[0] = nn_pair(from[0], from[2]);
        to[2] = nn_pair(from[1], 0);
    }
}

#endif
