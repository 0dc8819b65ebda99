#include "frontend/vibration.h"

#include "log2.h"
#include "pair.h"
#include "scale.h"
#include <string.h>

enum { OCTAVE = 256, HALF_A_G = 1024 };

uint32_t vibration_features(const vibration_config *c) {
    const uint32_t statistics = (uint32_t)__builtin_popcount(c->statistics);
    return c->axes * (c->bands + c->envelope_bands + statistics);
}

int vibration_init(vibration *v, const vibration_config *c) {
    const bool sizes = c->axes >= 1 && c->axes <= VIBRATION_MAX_AXES && c->fft->size <= VIBRATION_MAX_FFT &&
                       vibration_features(c) <= VIBRATION_MAX_FEATURES;
    const bool ends = (c->bands == 0 || c->band_edges[c->bands] <= c->fft->size / 2 + 1) &&
                      (c->envelope_bands == 0 || c->envelope_edges[c->envelope_bands] <= c->fft->size / 2 + 1);
    if (c->ordered && !(c->statistics & VIBRATION_VARIANCE)) return VIBRATION_ERR_CONFIG;
    if (c->statistics >= 1 << VIBRATION_STATISTICS || c->average < 1 || c->average > VIBRATION_MAX_AVERAGE)
        return VIBRATION_ERR_CONFIG;
    if (!sizes || !ends || c->hop < 1 || c->hop > c->fft->size || c->shift < 1 || c->shift > 30)
        return VIBRATION_ERR_CONFIG;
    memset(v, 0, sizeof *v);
    v->config = c;
    vibration_reset(v);
    return VIBRATION_OK;
}

void vibration_reset(vibration *v) {
    v->next = 0;
    v->until_due = v->config->fft->size;
    v->next_past = v->past_blocks = 0;
    memset(v->sum, 0, sizeof v->sum);
}

size_t vibration_push(vibration *v, const int16_t *samples, size_t count) {
    const uint32_t axes = v->config->axes, size = v->config->fft->size;
    const size_t taken = count < v->until_due ? count : v->until_due;
    for (size_t i = 0; i < taken; i++) {
        for (uint32_t axis = 0; axis < axes; axis++) v->history[axis][v->next] = *samples++;
        v->next = (uint16_t)(v->next + 1u == size ? 0 : v->next + 1u);
    }
    v->until_due = (uint16_t)(v->until_due - taken);
    return taken;
}

// The block of an axis, oldest sample first, into `signal`.
static void take_samples(vibration *v, uint32_t axis) {
    const uint32_t size = v->config->fft->size;
    const int16_t *history = v->history[axis];
    int32_t *to = v->signal;
    for (uint32_t i = v->next; i < size; i++) *to++ = history[i];
    for (uint32_t i = 0; i < v->next; i++) *to++ = history[i];
}

static void take_envelope(vibration *v, uint32_t axis) {
    take_samples(v, axis);
    int32_t before = v->signal[0];
    for (int32_t *x = v->signal, *end = x + v->config->fft->size; x < end; x++) {
        const int32_t difference = *x - before;
        before = *x;
        *x = difference < 0 ? -difference : difference;
    }
}

static int32_t sum_of(const int32_t *x, uint32_t size) {
    int32_t sum = 0;
    for (const int32_t *end = x + size; x < end;) sum += *x++; // 2048 values of 17 bits at most
    return sum;
}

static int32_t magnitude_of(int32_t x) {
    return x < 0 ? -x : x;
}

// Sums of even powers of y = (size * x - sum) / 2^down, which is size times the distance from the mean, within 14 bits.
typedef struct {
    uint64_t second, fourth; // the fourth powers / 2^4
    int32_t largest;
    int down;
} moments;

static moments moments_of(const int32_t *x, uint32_t size) {
    moments m = {0};
    const int32_t sum = sum_of(x, size);
    for (uint32_t i = 0; i < size; i++) {
        const int32_t distance = magnitude_of((int32_t)size * x[i] - sum);
        if (distance > m.largest) m.largest = distance;
    }
    while (m.largest >> m.down >= 1 << 14) m.down++;
    for (uint32_t i = 0; i < size; i++) {
        const uint32_t y = (uint32_t)magnitude_of((int32_t)size * x[i] - sum) >> m.down, square = y * y;
        m.second += square;
        m.fourth += (uint64_t)(square >> 2) * (square >> 2);
    }
    return m;
}

static uint64_t squared_steps(const int32_t *x, uint32_t size) {
    uint64_t sum = 0; // of 2048 squares of 17 bits at most
    for (const int32_t *end = x + size - 1; x < end; x++) {
        const int64_t step = (int64_t)x[1] - x[0];
        sum += (uint64_t)(step * step);
    }
    return sum;
}

// Variance, crest factor squared, kurtosis and mobility squared.
static void put_statistics(const vibration *v, int32_t *to) {
    const uint32_t size = v->config->fft->size;
    const moments m = moments_of(v->signal, size);
    const int32_t octaves = 31 - __builtin_clz(size);
    const int scale = 2 * m.down - 2 * octaves; // of squares of y, to squares of counts
    const int32_t variance = level_inline(m.second, scale - octaves + 8);
    const int32_t peak = level_inline((uint64_t)m.largest * (uint64_t)m.largest, 8 - 2 * octaves);
    *to++ = variance;
    *to++ = peak - variance;
    *to++ = m.second == 0
                ? 0
                : log2_inline(m.fourth | (m.fourth == 0)) + (4 + octaves) * OCTAVE - 2 * log2_inline(m.second);
    *to++ = level_inline(squared_steps(v->signal, size), 8 - octaves) - variance;
}

// `signal` less its mean, weighted, in place as the transform's words; returns the shift that filled their 14 bits.
static int weigh_signal(vibration *v) {
    const int32_t size = v->config->fft->size;
    const int32_t sum = sum_of(v->signal, (uint32_t)size),
                  mean = (sum + size / 2) >> (31 - __builtin_clz((uint32_t)size));
    int32_t largest = 1;
    for (int32_t *x = v->signal; x < v->signal + size; x++) {
        *x -= mean;
        if (magnitude_of(*x) > largest) largest = magnitude_of(*x);
    }
    const int up = __builtin_clz((uint32_t)largest) - 18;
    const uint32_t *hann = v->config->hann;
    uint32_t *to = (uint32_t *)v->signal;
    for (const int32_t *x = v->signal, *end = x + size; x < end; x += 2, hann++) {
        const int32_t even = up < 0 ? x[0] >> -up : x[0] * (1 << up), odd = up < 0 ? x[1] >> -up : x[1] * (1 << up);
        *to++ = pair_of((even * pair_low(*hann) + (1 << 14)) >> 15, (odd * pair_high(*hann) + (1 << 14)) >> 15);
    }
    return up;
}

// Power of `signal` from edge to edge.
static int32_t *put_bands(vibration *v, const uint16_t *edges, uint32_t bands, int32_t *to) {
    if (bands == 0) return to;
    const int up = weigh_signal(v);
    const int exponent = fft_transform(v->config->fft, (uint32_t *)v->signal, v->bins) - up;
    for (uint32_t band = 0; band < bands; band++) {
        uint64_t power = 0;
        for (uint32_t bin = edges[band]; bin < edges[band + 1]; bin++) power = pair_add_power(power, v->bins[bin]);
        *to++ = level_inline(power, 2 * exponent + 8);
    }
    return to;
}

static void analyse_block(vibration *v) {
    const vibration_config *c = v->config;
    int32_t *to = v->features;
    for (uint32_t axis = 0; axis < c->axes; axis++) {
        int32_t statistics[VIBRATION_STATISTICS];
        take_samples(v, axis);
        v->gravity[axis] = sum_of(v->signal, c->fft->size) / (int32_t)c->fft->size;
        if (c->statistics) put_statistics(v, statistics);
        to = put_bands(v, c->band_edges, c->bands, to);
        if (c->envelope_bands) take_envelope(v, axis);
        to = put_bands(v, c->envelope_edges, c->envelope_bands, to);
        for (int i = 0; i < VIBRATION_STATISTICS; i++)
            if (c->statistics >> i & 1) *to++ = statistics[i];
    }
}

static int32_t rounded_mean(int32_t sum, int32_t count) { // halves upwards
    const int32_t twice = 2 * sum + count;
    return twice >= 0 ? twice / (2 * count) : -((-twice + 2 * count - 1) / (2 * count));
}

// Puts the block among the last ones; true: they are as many as are averaged, and `features` becomes their mean.
static bool average_blocks(vibration *v) {
    const uint8_t count = v->config->average;
    const bool full = v->past_blocks == count;
    int16_t *oldest = v->past[v->next_past];
    for (uint32_t i = 0; i < vibration_features(v->config); i++) {
        v->sum[i] += v->features[i] - (full ? oldest[i] : 0);
        oldest[i] = (int16_t)v->features[i]; // within 46 octaves
        v->features[i] = rounded_mean(v->sum[i], count);
    }
    v->next_past = (uint8_t)(v->next_past + 1u == count ? 0 : v->next_past + 1u);
    if (!full) v->past_blocks++;
    return v->past_blocks == count;
}

static bool analyse(vibration *v) {
    if (v->until_due) return false;
    analyse_block(v);
    v->until_due = v->config->hop;
    v->blocks++;
    return average_blocks(v);
}

static uint32_t of_an_axis(const vibration_config *c) {
    return vibration_features(c) / c->axes;
}

// What an axis is ordered by: gravity first, then the variance.
static int32_t rank_of(const vibration *v, uint32_t axis) {
    const vibration_config *c = v->config;
    const int32_t gravity = magnitude_of(v->gravity[axis]);
    bool most = gravity >= HALF_A_G;
    for (uint32_t other = 0; other < c->axes; other++) most = most && gravity >= magnitude_of(v->gravity[other]);
    return most ? INT32_MAX : v->features[axis * of_an_axis(c) + c->bands + c->envelope_bands];
}

// The axes in the order of the features that are given out.
static void order_axes(const vibration *v, uint8_t *order) {
    for (uint8_t axis = 0; axis < v->config->axes; axis++) {
        uint8_t place = axis;
        for (; v->config->ordered && place > 0 && rank_of(v, order[place - 1]) < rank_of(v, axis); place--)
            order[place] = order[place - 1];
        order[place] = axis;
    }
}

static void scale_features(const vibration *v, int8_t *features, uint32_t *clipped) {
    const vibration_config *c = v->config;
    const uint32_t each = of_an_axis(c);
    uint8_t order[VIBRATION_MAX_AXES];
    order_axes(v, order);
    for (uint32_t i = 0; i < vibration_features(c); i++) {
        const int32_t value = v->features[order[i / each] * each + i % each];
        const int32_t q = scaled(value - c->offset[i], scale_of(c->multiplier[i], c->shift, 0));
        features[i] = saturated(q, clipped, clipped);
    }
}

bool vibration_pop(vibration *v, int8_t *features) {
    if (!analyse(v)) return false;
    scale_features(v, features, &v->saturated);
    return true;
}

void vibration_again(const vibration *v, int8_t *features) {
    uint32_t clipped = 0;
    scale_features(v, features, &clipped);
}

bool vibration_pop_q8(vibration *v, int32_t *features) {
    uint8_t order[VIBRATION_MAX_AXES];
    if (!analyse(v)) return false;
    const uint32_t each = of_an_axis(v->config);
    order_axes(v, order);
    for (uint32_t axis = 0; axis < v->config->axes; axis++)
        memcpy(features + axis * each, v->features + order[axis] * each, each * sizeof *features);
    return true;
}
