// split.h: takes four channels of neighbouring pixels apart, so that a word holds two neighbours of one channel.
#ifndef NN_SPLIT_H
#define NN_SPLIT_H

#include "dot.h" // NN_DSP
#include <string.h>

// Defines NAME(row, step, pairs, to): `pairs` pairs of pixels, `step` bytes from one pixel to the next, to a word a
// channel; WORDS (BYTES, as text) lie between one pair and the next. Returns where they go on.
#if NN_DSP
#define NN_SPLIT(NAME, BYTES, WORDS)                                                                                   \
    static inline uint32_t *NAME(const int8_t *row, uint32_t step, uint32_t pairs, uint32_t *to) {                     \
        if (pairs == 0) return to;                                                                                     \
        __asm__ volatile("1:\n"                                                                                        \
                         "ldr r4, [%0]\n ldr r5, [%0, %3]\n add %0, %0, %3, lsl #1\n"                                  \
                         "sxtb16 r6, r4\n sxtb16 r4, r4, ror #8\n sxtb16 r8, r5\n sxtb16 r5, r5, ror #8\n"             \
                         "pkhtb r9, r8, r6, asr #16\n pkhbt r6, r6, r8, lsl #16\n"                                     \
                         "pkhtb r8, r5, r4, asr #16\n pkhbt r4, r4, r5, lsl #16\n"                                     \
                         "str r9, [%1, #8]\n str r8, [%1, #12]\n str r4, [%1, #4]\n str r6, [%1], #" BYTES "\n"        \
                         "subs %2, %2, #1\n bne 1b\n"                                                                  \
                         : "+r"(row), "+r"(to), "+r"(pairs)                                                            \
                         : "r"(step)                                                                                   \
                         : "r4", "r5", "r6", "r8", "r9", "cc", "memory");                                              \
        return to;                                                                                                     \
    }
#else
#define NN_SPLIT(NAME, BYTES, WORDS)                                                                                   \
    static inline uint32_t *NAME(const int8_t *row, uint32_t step, uint32_t pairs, uint32_t *to) {                     \
        for (; pairs > 0; pairs--, row += 2u * step, to += WORDS) {                                                    \
            for (uint32_t c = 0; c < 4; c++) to[c] = (uint16_t)row[c] | (uint32_t)(uint16_t)row[step + c] << 16;       \
        }                                                                                                              \
        return to;                                                                                                     \
    }
#endif

// Channels 0 and 2, 1 and 3 of a pixel as 16-bit halves.
static inline void nn_halves(const int8_t *pixel, uint32_t *even, uint32_t *odd) {
#if NN_DSP
    uint32_t word;
    memcpy(&word, pixel, 4);
    __asm__("sxtb16 %0, %1" : "=r"(*even) : "r"(word));
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(*odd) : "r"(word));
#else
    *even = (uint16_t)pixel[0] | (uint32_t)(uint16_t)pixel[2] << 16;
    *odd = (uint16_t)pixel[1] | (uint32_t)(uint16_t)pixel[3] << 16;
#endif
}

// One pixel beside the edge: on the right of its word, or on the left.
static inline void nn_edge(const int8_t *pixel, uint32_t zeros, int right, uint32_t *to) {
    const uint32_t low = 0xFFFFu;
    uint32_t even, odd;
    nn_halves(pixel, &even, &odd);
    if (right) {
        to[0] = (zeros & low) | even << 16;
        to[1] = (zeros & low) | odd << 16;
        to[2] = (zeros & low) | (even & ~low);
        to[3] = (zeros & low) | (odd & ~low);
    } else {
        to[0] = (zeros & ~low) | (even & low);
        to[1] = (zeros & ~low) | (odd & low);
        to[2] = (zeros & ~low) | even >> 16;
        to[3] = (zeros & ~low) | odd >> 16;
    }
}

// Pairs outside the image, `words` from one to the next.
static inline void nn_outside(uint32_t zeros, uint32_t pairs, uint32_t words, uint32_t *to) {
    for (; pairs > 0; pairs--, to += words) to[0] = to[1] = to[2] = to[3] = zeros;
}

#endif
