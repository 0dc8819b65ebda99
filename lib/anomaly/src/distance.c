#include "anomaly/distance.h"

#include "frontend/integer.h" // log2_q8

enum { PER_OCTAVE = 13 };

// Row of W in 1/16384 times differences in 1/128, squared: 1/65536.
static uint64_t squared(int64_t y_q21) {
    const int64_t y = (y_q21 + (1 << 12)) >> 13;
    return (uint64_t)(y * y);
}

static uint64_t one_distance(const int16_t *mean, const int16_t *inverse, uint32_t features, const int8_t *x) {
    int32_t difference[ANOMALY_MAX_FEATURES];
    uint64_t sum = 0;
    for (uint32_t row = 0; row < features; row++) {
        int64_t y = 0;
        difference[row] = x[row] * 128 - mean[row];
        for (uint32_t i = 0; i <= row; i++) y += (int64_t)*inverse++ * difference[i];
        sum += squared(y);
    }
    return sum;
}

uint64_t anomaly_distance(const anomaly_gaussians *g, const int8_t *x) {
    uint32_t component;
    return anomaly_nearest(g, x, &component);
}

uint64_t anomaly_nearest(const anomaly_gaussians *g, const int8_t *x, uint32_t *component) {
    uint64_t least = UINT64_MAX;
    for (uint32_t k = 0; k < g->components; k++) {
        const int16_t *inverse = g->inverse + k * ANOMALY_PAIRS((uint32_t)g->features);
        const uint64_t distance = one_distance(g->mean + k * g->features, inverse, g->features, x) + g->offset[k];
        if (distance < least) least = distance, *component = k;
    }
    return least;
}

uint64_t anomaly_reconstruction_distance(const anomaly_reconstruction *r, const int8_t *input, const int8_t *output) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < r->features; i++) {
        const int64_t made = ((int64_t)(output[i] - r->zero_point) * r->scale + (1 << 8)) >> 9;
        sum += squared((input[i] * 128 - made) * r->inverse[i]);
    }
    return sum;
}

int32_t anomaly_level(uint64_t distance) {
    const int32_t octaves_q8 = log2_q8(distance + 65536u) - 16 * 256; // distances end far below 2^64
    const int32_t level = octaves_q8 * PER_OCTAVE / 256;
    return level < 255 ? level : 255;
}

void anomaly_level_scores(int32_t level, int8_t scores[2]) {
    scores[1] = (int8_t)(level - 128);
    scores[0] = (int8_t)(level < 127 ? -1 - level : -128);
}

void anomaly_scores(uint64_t distance, int8_t scores[2]) {
    anomaly_level_scores(anomaly_level(distance), scores);
}
