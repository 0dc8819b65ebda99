// fft_butterfly.h: the inner step of a radix-4 pass, and the watch for values that are too large for the next one.
//
// FFT_BUTTERFLY(R, SCALE, WATCH) takes four words R apart from `src`, turns three of them by w1, w2 and w3, and writes
// four words FFT_QUARTER apart to `dst`, scaled down by SCALE (2 or 4); both pointers step by one (src by four where R
// is 1: the next butterfly's words come after these). With WATCH 1, `seen` notes values outside -2^13..2^13-1. These
// are names of the caller's variables: as function arguments the distances would not be constants in a build without
// optimisation, and the instructions need constants.
//
// The scaling: turning halves, so src[0] is halved as well; its bias makes this and a later halving round.
#ifndef FRONTEND_FFT_BUTTERFLY_H
#define FRONTEND_FFT_BUTTERFLY_H

#include "pair.h"
#include <stdbool.h>

#define FFT_BIAS_2 0x00010001u
#define FFT_BIAS_4 0x00030003u

#if FRONTEND_DSP

// SSAT16 sets the sticky Q flag where it would have to clip, at one instruction for two values; nothing else here
// overflows. Interrupts keep the flag.
static inline uint32_t fft_watch(void) {
    __asm__ volatile("msr APSR_nzcvq, %0" : : "r"(0) : "cc");
    return 0;
}
static inline uint32_t fft_note(uint32_t seen, uint32_t x) {
    uint32_t clipped;
    __asm__ volatile("ssat16 %0, #14, %1" : "=r"(clipped) : "r"(x));
    return seen;
}
static inline bool fft_large(uint32_t seen) {
    uint32_t flags;
    __asm__ volatile("mrs %0, APSR" : "=r"(flags) : "0"(seen));
    return flags >> 27 & 1u;
}

// clang-format off
#define FFT_PREFIX_2 "s"
#define FFT_PREFIX_4 "sh"
#define FFT_LOAD_1 /* the four words are beside each other */                                                          \
    "ldrd %[a], %[b], [%[src]], #8\n\t"                                                                                \
    "ldrd %[c], %[d], [%[src]], #8\n\t"
#define FFT_LOAD_4                                                                                                     \
    "ldr %[b], [%[src], %[r1]]\n\t"                                                                                    \
    "ldr %[c], [%[src], %[r2]]\n\t"                                                                                    \
    "ldr %[d], [%[src], %[r3]]\n\t"                                                                                    \
    "ldr %[a], [%[src]], #4\n\t"
#define FFT_LOAD_16 FFT_LOAD_4
#define FFT_LOAD_64 FFT_LOAD_4
#define FFT_TURN(x, w)                                                                                                 \
    "smlsdx %[t], %[" w "], %[" x "], %[round]\n\t"                                                                    \
    "smlad %[" x "], %[" x "], %[" w "], %[round]\n\t"                                                                 \
    "pkhtb %[" x "], %[t], %[" x "], asr #16\n\t"
#define FFT_WATCH_0
#define FFT_WATCH_1                                                                                                    \
    "ssat16 %[b], #14, %[d]\n\t"                                                                                       \
    "ssat16 %[b], #14, %[c]\n\t"                                                                                       \
    "ssat16 %[b], #14, %[t]\n\t"                                                                                       \
    "ssat16 %[b], #14, %[a]\n\t"
#define FFT_BUTTERFLY(R, SCALE, WATCH)                                                                                 \
    do {                                                                                                               \
        uint32_t a, b, c, d, t;                                                                                        \
        __asm__ volatile(                                                                                              \
            FFT_LOAD_##R                                                                                               \
            "shadd16 %[a], %[a], %[bias]\n\t"                                                                          \
            FFT_TURN("b", "w1") FFT_TURN("c", "w2") FFT_TURN("d", "w3")                                                \
            "sadd16 %[t], %[a], %[c]\n\t"                                                                              \
            "ssub16 %[a], %[a], %[c]\n\t"                                                                              \
            "sadd16 %[c], %[b], %[d]\n\t"                                                                              \
            "ssub16 %[b], %[b], %[d]\n\t"                                                                              \
            FFT_PREFIX_##SCALE "add16 %[d], %[t], %[c]\n\t"                                                            \
            FFT_PREFIX_##SCALE "sub16 %[t], %[t], %[c]\n\t"                                                            \
            FFT_PREFIX_##SCALE "sax %[c], %[a], %[b]\n\t"                                                              \
            FFT_PREFIX_##SCALE "asx %[a], %[a], %[b]\n\t"                                                              \
            FFT_WATCH_##WATCH                                                                                          \
            "str %[c], [%[dst], %[q1]]\n\t"                                                                            \
            "str %[t], [%[dst], %[q2]]\n\t"                                                                            \
            "str %[a], [%[dst], %[q3]]\n\t"                                                                            \
            "str %[d], [%[dst]], #4"                                                                                   \
            : [src] "+r"(src), [dst] "+r"(dst), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c), [d] "=&r"(d), [t] "=&r"(t)   \
            : [w1] "r"(w1), [w2] "r"(w2), [w3] "r"(w3), [round] "r"(0x8000), [bias] "r"(FFT_BIAS_##SCALE),             \
              [r1] "i"(4 * (R)), [r2] "i"(8 * (R)), [r3] "i"(12 * (R)),                                                \
              [q1] "i"(4 * FFT_QUARTER), [q2] "i"(8 * FFT_QUARTER), [q3] "i"(12 * FFT_QUARTER)                         \
            : "memory");                                                                                               \
    } while (0)
// clang-format on

#else

static inline uint32_t fft_watch(void) {
    return 0;
}
static inline uint32_t fft_note(uint32_t seen, uint32_t x) {
    return seen | pair_magnitude(x);
}
static inline bool fft_large(uint32_t seen) {
    return (seen & 0xC000C000u) != 0;
}

#define FFT_SUFFIX_2(operation) operation
#define FFT_SUFFIX_4(operation) operation##_half
#define FFT_BUTTERFLY(R, SCALE, WATCH)                                                                                 \
    do {                                                                                                               \
        const uint32_t a = pair_add_half(src[0], FFT_BIAS_##SCALE), b = pair_turned(src[R], w1);                       \
        const uint32_t c = pair_turned(src[2 * (R)], w2), d = pair_turned(src[3 * (R)], w3);                           \
        const uint32_t a_plus_c = pair_add(a, c), b_plus_d = pair_add(b, d);                                           \
        const uint32_t a_less_c = pair_sub(a, c), b_less_d = pair_sub(b, d);                                           \
        dst[0] = FFT_SUFFIX_##SCALE(pair_add)(a_plus_c, b_plus_d);                                                     \
        dst[FFT_QUARTER] = FFT_SUFFIX_##SCALE(pair_sub_j)(a_less_c, b_less_d);                                         \
        dst[2 * FFT_QUARTER] = FFT_SUFFIX_##SCALE(pair_sub)(a_plus_c, b_plus_d);                                       \
        dst[3 * FFT_QUARTER] = FFT_SUFFIX_##SCALE(pair_add_j)(a_less_c, b_less_d);                                     \
        if (WATCH) seen = fft_note(fft_note(seen, dst[0]), dst[FFT_QUARTER]);                                          \
        if (WATCH) seen = fft_note(fft_note(seen, dst[2 * FFT_QUARTER]), dst[3 * FFT_QUARTER]);                        \
        src += (R) == 1 ? 4 : 1, dst++;                                                                                \
    } while (0)

#endif
#endif
