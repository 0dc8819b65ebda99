// The 512-point real transform in float: radix 4, Stockham's ordering, as lib/frontend/src/fft_template.h.
#include "float_logmel.h"
#include "float_tables.h" // turns, separation

enum { POINTS = 256, QUARTER = POINTS / 4 };

static inline float_bin plus(float_bin a, float_bin b) {
    return (float_bin){a.re + b.re, a.im + b.im};
}
static inline float_bin minus(float_bin a, float_bin b) {
    return (float_bin){a.re - b.re, a.im - b.im};
}
static inline float_bin plus_j(float_bin a, float_bin b) {
    return (float_bin){a.re - b.im, a.im + b.re};
}
static inline float_bin minus_j(float_bin a, float_bin b) {
    return (float_bin){a.re + b.im, a.im - b.re};
}
static inline float_bin turned(float_bin x, float_bin w) {
    return (float_bin){x.re * w.re + x.im * w.im, x.im * w.re - x.re * w.im};
}

static inline void butterfly(float_bin a, float_bin b, float_bin c, float_bin d, float_bin *to) {
    const float_bin a_plus_c = plus(a, c), b_plus_d = plus(b, d), a_less_c = minus(a, c), b_less_d = minus(b, d);
    to[0] = plus(a_plus_c, b_plus_d);
    to[QUARTER] = minus_j(a_less_c, b_less_d);
    to[2 * QUARTER] = minus(a_plus_c, b_plus_d);
    to[3 * QUARTER] = plus_j(a_less_c, b_less_d);
}

static void first_pass(const float_bin *from, float_bin *to) {
    for (int k = 0; k < QUARTER; k++)
        butterfly(from[k], from[k + QUARTER], from[k + 2 * QUARTER], from[k + 3 * QUARTER], to + k);
}

static inline void pass(const float_bin *from, float_bin *to, const int distance) {
    const float_bin *turn = turns;
    for (int group = 0; group < QUARTER; group += distance, turn += 3 * distance, from += 3 * distance) {
        const float_bin w1 = turn[0], w2 = turn[1], w3 = turn[2];
        for (int k = 0; k < distance; k++, from++, to++) {
            const float_bin b = turned(from[distance], w1), c = turned(from[2 * distance], w2);
            butterfly(from[0], b, c, turned(from[3 * distance], w3), to);
        }
    }
}

static void separate(const float_bin *z, float_bin *bins) {
    bins[0] = (float_bin){z[0].re + z[0].im, 0};
    bins[POINTS] = (float_bin){z[0].re - z[0].im, 0};
    for (int k = 1; k <= POINTS / 2; k++) {
        const float_bin a = z[k], b = z[POINTS - k];
        const float_bin e = {0.5f * (a.re + b.re), 0.5f * (a.im - b.im)};
        const float_bin t = turned((float_bin){0.5f * (a.re - b.re), 0.5f * (a.im + b.im)}, separation[k - 1]);
        bins[k] = plus(e, t);
        bins[POINTS - k] = (float_bin){e.re - t.re, t.im - e.im};
    }
}

void float_fft_512(float_bin *samples, float_bin *bins) {
    first_pass(samples, bins);
    pass(bins, samples, 16);
    pass(samples, bins, 4);
    pass(bins, samples, 1);
    separate(samples, bins);
}
