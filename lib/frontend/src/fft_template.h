// fft_template.h: the transform of one size, with every distance a constant. A generated fft_<size>.c defines FFT_SIZE
// and the tables `turns` and `separation`, and includes this.
//
// With M = size / 2 complex points (even samples real, odd ones imaginary), a pass reads words R = M / (4 L) apart,
// where L, the length of the transforms made so far, is 1 (or 2), then four times as much each time.
#include "fft_butterfly.h"
#include "frontend/fft.h"

#define FFT_POINTS  (FFT_SIZE / 2)
#define FFT_QUARTER (FFT_SIZE / 8)
// A power of four (128, 512 and 2048 samples) or twice one: then the first pass is of radix 2.
#define FFT_RADIX_4 ((FFT_POINTS & 0x55555555) != 0)

static inline uint32_t first_butterfly(uint32_t seen, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t *to) {
    a = pair_add(a, 0x00020002u); // makes up for what three halvings drop, on average
    const uint32_t a_plus_c = pair_add_half(a, c), b_plus_d = pair_add_half(b, d);
    const uint32_t a_less_c = pair_sub_half(a, c), b_less_d = pair_sub_half(b, d);
    const uint32_t y0 = pair_add_half(a_plus_c, b_plus_d), y1 = pair_sub_j_half(a_less_c, b_less_d);
    const uint32_t y2 = pair_sub_half(a_plus_c, b_plus_d), y3 = pair_add_j_half(a_less_c, b_less_d);
    to[0] = y0, to[FFT_QUARTER] = y1, to[2 * FFT_QUARTER] = y2, to[3 * FFT_QUARTER] = y3;
    return fft_note(fft_note(fft_note(fft_note(seen, y0), y1), y2), y3);
}

// All words within -2^14..2^14-1, so moduli are below 23,170 = 2^15 / sqrt(2): and stay so, because a radix-4 pass
// multiplies them by 4 at most and is told to divide by 4 unless all is within -2^13..2^13-1.
// Writes where it reads; `dst` may be `src`.
static bool first_radix_4(const uint32_t *src, uint32_t *dst) {
    uint32_t seen = fft_watch();
    for (const uint32_t *end = dst + FFT_QUARTER; dst < end; src++, dst++)
        seen = first_butterfly(seen, src[0], src[FFT_QUARTER], src[2 * FFT_QUARTER], src[3 * FFT_QUARTER], dst);
    return fft_large(seen);
}

static bool first_radix_2(const uint32_t *src, uint32_t *dst) {
    uint32_t seen = fft_watch();
    for (const uint32_t *end = dst + FFT_POINTS / 2; dst < end; src++, dst++) {
        const uint32_t sum = pair_add_half(src[0], src[FFT_POINTS / 2]);
        const uint32_t difference = pair_sub_half(src[0], src[FFT_POINTS / 2]);
        seen = fft_note(fft_note(seen, sum), difference);
        dst[0] = sum, dst[FFT_POINTS / 2] = difference;
    }
    return fft_large(seen);
}

#define FFT_PASS(name, R, SCALE)                                                                                       \
    static bool name(const uint32_t *src, uint32_t *dst) {                                                             \
        uint32_t seen = fft_watch();                                                                                   \
        const uint32_t *turn = turns, *const end = dst + FFT_QUARTER;                                                  \
        for (; dst < end; src += 3 * (R), turn += 3 * (R)) {                                                           \
            const uint32_t w1 = turn[0], w2 = turn[1], w3 = turn[2], *const group = dst + (R);                         \
            do {                                                                                                       \
                FFT_BUTTERFLY(R, SCALE, 1);                                                                            \
                FFT_BUTTERFLY(R, SCALE, 1);                                                                            \
            } while (dst < group);                                                                                     \
        }                                                                                                              \
        return fft_large(seen);                                                                                        \
    }

// Turns every butterfly by another angle, and needs no watch: what follows halves in any case.
#define FFT_LAST_PASS(name, SCALE)                                                                                     \
    static bool name(const uint32_t *src, uint32_t *dst) {                                                             \
        uint32_t seen = 0; /* and stays so */                                                                          \
        const uint32_t *turn = turns, *const end = dst + FFT_QUARTER;                                                  \
        for (; dst < end; turn += 3) {                                                                                 \
            const uint32_t w1 = turn[0], w2 = turn[1], w3 = turn[2];                                                   \
            FFT_BUTTERFLY(1, SCALE, 0);                                                                                \
        }                                                                                                              \
        return seen != 0;                                                                                              \
    }

#if FFT_SIZE >= 1024
FFT_PASS(pass_64_by_2, 64, 2)
FFT_PASS(pass_64_by_4, 64, 4)
#endif
#if FFT_SIZE >= 256
FFT_PASS(pass_16_by_2, 16, 2)
FFT_PASS(pass_16_by_4, 16, 4)
#endif
FFT_PASS(pass_4_by_2, 4, 2)
FFT_PASS(pass_4_by_4, 4, 4)
FFT_LAST_PASS(pass_1_by_2, 2)
FFT_LAST_PASS(pass_1_by_4, 4)

// One pass, and the exponent that it adds.
static inline int pass(bool (*by_2)(const uint32_t *, uint32_t *), bool (*by_4)(const uint32_t *, uint32_t *),
                       const uint32_t *src, uint32_t *dst, bool *large) {
    const int shift = *large ? 2 : 1;
    *large = *large ? by_4(src, dst) : by_2(src, dst);
    return shift;
}

static inline uint32_t half_even(uint32_t a, uint32_t swapped_b) {
    return pair_add_half(pair_sub_j_half(a, swapped_b), 0x00010001u);
}
static inline uint32_t conjugate_difference(uint32_t e, uint32_t t) {
    return pair_joined(pair_sub(e, t), pair_sub(t, e));
}

// From the transform Z of the even samples plus i times the odd ones, in place: X[k] = E + T and X[M - k] = conj(E - T)
// with E = (Z[k] + conj Z[M - k]) / 2 and T = (Z[k] - conj Z[M - k]) / 2 turned by k / size of a circle and a quarter;
// halved.
static void separate(uint32_t *bins) {
    const int32_t re = pair_low(bins[0]), im = pair_high(bins[0]);
    const uint32_t *turn = separation;
    uint32_t *low = bins + 1, *high = bins + FFT_POINTS - 1;
    while (turn < separation + FFT_POINTS / 2) { // two at a time: two loads or stores in one
        const uint32_t a0 = low[0], a1 = low[1];
        const uint32_t b0 = pair_swapped(high[0]), b1 = pair_swapped(high[-1]);
        uint32_t w0, w1;
        pair_take_two(&turn, &w0, &w1);
        const uint32_t e0 = half_even(a0, b0), t0 = pair_turned(pair_add_j_half(a0, b0), w0);
        const uint32_t e1 = half_even(a1, b1), t1 = pair_turned(pair_add_j_half(a1, b1), w1);
        pair_put_two(&low, pair_add(e0, t0), pair_add(e1, t1));
        *high-- = conjugate_difference(e0, t0);
        *high-- = conjugate_difference(e1, t1);
    }
    bins[0] = pair_of((re + im + 1) >> 1, 0);
    bins[FFT_POINTS] = pair_of((re - im + 1) >> 1, 0);
}

// The passes go to and fro between the two buffers and end in `bins`: after an odd number of further passes where the
// first one stayed in `samples`.
static int transform(uint32_t *samples, uint32_t *bins) {
    const bool stays = FFT_SIZE == 256 || FFT_SIZE == 512;
    uint32_t *from, *to = stays ? samples : bins;
    int exponent = FFT_RADIX_4 ? 2 : 1;
    bool large = FFT_RADIX_4 ? first_radix_4(samples, to) : first_radix_2(samples, to);
#define FFT_NEXT(R)                                                                                                    \
    from = to, to = from == samples ? bins : samples;                                                                  \
    exponent += pass(pass_##R##_by_2, pass_##R##_by_4, from, to, &large)
#if FFT_SIZE >= 1024
    FFT_NEXT(64);
#endif
#if FFT_SIZE >= 256
    FFT_NEXT(16);
#endif
    FFT_NEXT(4);
    FFT_NEXT(1);
    separate(bins);
    return exponent + 1;
}
