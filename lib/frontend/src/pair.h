// pair.h: two int16 in a word, low half first; a complex number where its functions say so (real part low).
//
// On cores with the DSP extension each function is one instruction; everywhere else it is C with the same result.
#ifndef FRONTEND_PAIR_H
#define FRONTEND_PAIR_H

#include <stdint.h>

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__) && !defined(FRONTEND_PORTABLE)
#define FRONTEND_DSP 1
#else
#define FRONTEND_DSP 0
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "expected a little-endian target: samples are read two at a time, the first as the low half"
#endif

// Right shifts of negative numbers are arithmetic on every compiler this is built with; C99 leaves it open.
typedef char shifts_are_arithmetic[(-1 >> 1) == -1 ? 1 : -1];

static inline int32_t pair_low(uint32_t x) {
    return (int16_t)(uint16_t)x;
}
static inline int32_t pair_high(uint32_t x) {
    return (int32_t)x >> 16;
}
static inline uint32_t pair_of(int32_t low, int32_t high) {
    return (uint16_t)low | (uint32_t)high << 16;
}
static inline uint32_t pair_swapped(uint32_t x) {
    return x >> 16 | x << 16;
}

// Bit b (1..15) and b + 16 of the result are set where a half needs more than b bits: or together, then look at the
// highest. Bits 0 and 16 mean nothing.
static inline uint32_t pair_magnitude(uint32_t x) {
    return x ^ x << 1;
}

// By how many bits all words that were or-ed together may be shifted up to fit -2^14..2^14-1: -1..14.
static inline int pair_headroom(uint32_t magnitude) {
    const uint32_t bits = (magnitude | magnitude >> 16) & 0xFFFEu;
    return bits ? __builtin_clz(bits) - 17 : 14;
}

#if FRONTEND_DSP
#define PAIR_OPERATION(name, instruction, low, high)                                                                   \
    static inline uint32_t name(uint32_t a, uint32_t b) {                                                              \
        uint32_t result;                                                                                               \
        __asm__(instruction " %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));                                            \
        return result;                                                                                                 \
    }
#else
#define PAIR_OPERATION(name, instruction, low, high)                                                                   \
    static inline uint32_t name(uint32_t a, uint32_t b) {                                                              \
        const int32_t a0 = pair_low(a), a1 = pair_high(a), b0 = pair_low(b), b1 = pair_high(b);                        \
        return pair_of(low, high);                                                                                     \
    }
#endif

PAIR_OPERATION(pair_add, "sadd16", a0 + b0, a1 + b1)
PAIR_OPERATION(pair_sub, "ssub16", a0 - b0, a1 - b1)
PAIR_OPERATION(pair_add_j, "sasx", a0 - b1, a1 + b0) // a + j b
PAIR_OPERATION(pair_sub_j, "ssax", a0 + b1, a1 - b0) // a - j b
PAIR_OPERATION(pair_add_half, "shadd16", (a0 + b0) >> 1, (a1 + b1) >> 1)
PAIR_OPERATION(pair_sub_half, "shsub16", (a0 - b0) >> 1, (a1 - b1) >> 1)
PAIR_OPERATION(pair_add_j_half, "shasx", (a0 - b1) >> 1, (a1 + b0) >> 1)
PAIR_OPERATION(pair_sub_j_half, "shsax", (a0 + b1) >> 1, (a1 - b0) >> 1)

#if FRONTEND_DSP

// x * conj(w) / 2 with w in Q15, rounded: w holds cosine and sine of the angle that x is turned back by.
static inline uint32_t pair_turned(uint32_t x, uint32_t w) {
    uint32_t re, im;
    __asm__("smlad %0, %1, %2, %3" : "=r"(re) : "r"(x), "r"(w), "r"(0x8000));
    __asm__("smlsdx %0, %1, %2, %3" : "=r"(im) : "r"(w), "r"(x), "r"(0x8000));
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(re) : "r"(im), "r"(re));
    return re;
}

// |x|^2
static inline uint32_t pair_power(uint32_t x) {
    uint32_t result;
    __asm__("smuad %0, %1, %1" : "=r"(result) : "r"(x));
    return result;
}
static inline uint64_t pair_add_power(uint64_t sum, uint32_t x) {
    __asm__("smlald %Q0, %R0, %1, %1" : "+r"(sum) : "r"(x));
    return sum;
}

// Adds the powers of `count` words to `total`, and each times its weight to `rising`; both pointers move on. The loop
// is here as well, so that it is the same at -Os.
static inline void pair_weigh_powers(const uint32_t **words, const uint16_t **weights, uint32_t count, uint64_t *total,
                                     uint64_t *rising) {
    const uint32_t *word = *words;
    const uint16_t *weight = *weights;
    uint64_t all = *total, weighed = *rising;
    uint32_t x, w;
    if (count == 0) return;
    __asm__ volatile("1:\n\tldr %[x], [%[word]], #4\n\tldrh %[w], [%[weight]], #2\n\t"
                     "smlald %Q[all], %R[all], %[x], %[x]\n\tsmuad %[x], %[x], %[x]\n\tsubs %[count], #1\n\t"
                     "umlal %Q[weighed], %R[weighed], %[x], %[w]\n\tbne 1b"
                     : [word] "+r"(word), [weight] "+r"(weight), [count] "+r"(count), [all] "+r"(all),
                       [weighed] "+r"(weighed), [x] "=&r"(x), [w] "=&r"(w)
                     :
                     : "cc", "memory");
    *words = word, *weights = weight, *total = all, *rising = weighed;
}

static inline uint64_t pair_add_product(uint64_t sum, uint32_t x, uint32_t w) {
    __asm__("smlald %Q0, %R0, %1, %2" : "+r"(sum) : "r"(x), "r"(w));
    return sum;
}

// Two words beside each other, and the pointer behind them: compilers rarely join such loads and stores themselves.
static inline void pair_take_two(const uint32_t **from, uint32_t *first, uint32_t *second) {
    __asm__ volatile("ldrd %0, %1, [%2], #8" : "=&r"(*first), "=&r"(*second), "+&r"(*from) : : "memory");
}
static inline void pair_put_two(uint32_t **to, uint32_t first, uint32_t second) {
    __asm__ volatile("strd %1, %2, [%0], #8" : "+&r"(*to) : "r"(first), "r"(second) : "memory");
}

static inline uint32_t pair_joined(uint32_t low, uint32_t high) {
    uint32_t result;
    __asm__("pkhbt %0, %1, %2" : "=r"(result) : "r"(low), "r"(high));
    return result;
}

// The upper 16 bits of (x * w + round) * 2^shift, for each half.
static inline uint32_t pair_scaled(uint32_t x, uint32_t w, int32_t round, int shift) {
    int32_t low, high;
    __asm__("smlabb %0, %1, %2, %3" : "=r"(low) : "r"(x), "r"(w), "r"(round));
    __asm__("smlatt %0, %1, %2, %3" : "=r"(high) : "r"(x), "r"(w), "r"(round));
    low = (int32_t)((uint32_t)low << shift);
    high = (int32_t)((uint32_t)high << shift);
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(low) : "r"(high), "r"(low));
    return (uint32_t)low;
}

#else

static inline uint32_t pair_turned(uint32_t x, uint32_t w) {
    const int32_t re = pair_low(x), im = pair_high(x), cosine = pair_low(w), sine = pair_high(w);
    return pair_of((re * cosine + im * sine + 0x8000) >> 16, (im * cosine - re * sine + 0x8000) >> 16);
}
static inline uint32_t pair_power(uint32_t x) {
    return (uint32_t)(pair_low(x) * pair_low(x)) + (uint32_t)(pair_high(x) * pair_high(x));
}
static inline uint64_t pair_add_power(uint64_t sum, uint32_t x) {
    return sum + pair_power(x);
}
static inline void pair_weigh_powers(const uint32_t **words, const uint16_t **weights, uint32_t count, uint64_t *total,
                                     uint64_t *rising) {
    for (; count > 0; count--) {
        const uint32_t power = pair_power(*(*words)++);
        *total += power;
        *rising += (uint64_t)power * *(*weights)++;
    }
}
// sum + x * w, both halves; a sum in two's complement
static inline uint64_t pair_add_product(uint64_t sum, uint32_t x, uint32_t w) {
    return sum + (uint64_t)((int64_t)pair_low(x) * pair_low(w) + (int64_t)pair_high(x) * pair_high(w));
}
static inline void pair_take_two(const uint32_t **from, uint32_t *first, uint32_t *second) {
    *first = *(*from)++, *second = *(*from)++;
}
static inline void pair_put_two(uint32_t **to, uint32_t first, uint32_t second) {
    *(*to)++ = first, *(*to)++ = second;
}
static inline uint32_t pair_joined(uint32_t low, uint32_t high) {
    return (low & 0xFFFFu) | (high & 0xFFFF0000u);
}
static inline uint32_t pair_scaled(uint32_t x, uint32_t w, int32_t round, int shift) {
    const uint32_t low = (uint32_t)(pair_low(x) * pair_low(w) + round) << shift;
    const uint32_t high = (uint32_t)(pair_high(x) * pair_high(w) + round) << shift;
    return pair_joined(low >> 16, high);
}

#endif
#endif
