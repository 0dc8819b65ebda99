#include "classical/features.h"

enum { QUARTERS = 4, COARSE = 4 }; // COARSE: samples in a sum of the lower band

// 8 log2(1 + x), linear between powers of two; at most 127, which is 2^15.
static int8_t octaves(uint32_t x) {
    uint8_t power = 0;
    for (uint32_t rest = ++x; rest > 1; rest >>= 1) power++;
    const uint8_t part = (uint8_t)((power >= 3 ? x >> (power - 3) : x << (3 - power)) & 7);
    return power > 15 ? 127 : (int8_t)(8 * power + part);
}

typedef struct {
    const int8_t *at; // the first sample
    uint8_t rows, step;
} channel;

static int8_t sample(const channel *c, uint8_t row) {
    return c->at[(uint16_t)row * c->step];
}

static int16_t sum(const channel *c, uint8_t from, uint8_t to) { // of at most 255 samples
    int16_t total = 0;
    for (uint8_t row = from; row < to; row++) total = (int16_t)(total + sample(c, row));
    return total;
}

static void quarters(const channel *c, int8_t *out) {
    for (uint8_t i = 0, from = 0; i < QUARTERS; i++) {
        const uint8_t to = (uint8_t)((uint16_t)c->rows * (i + 1u) / QUARTERS);
        out[i] = (int8_t)(sum(c, from, to) / (int16_t)(to - from));
        from = to;
    }
}

static uint8_t crossings(const channel *c, int8_t mean) {
    uint8_t count = 0;
    for (uint8_t row = 1; row < c->rows; row++)
        if ((sample(c, row) > mean) != (sample(c, (uint8_t)(row - 1)) > mean)) count++;
    return count < 127 ? count : 127;
}

static uint32_t energy(const channel *c, int8_t mean) {
    uint32_t total = 0;
    for (uint8_t row = 0; row < c->rows; row++) {
        const int32_t x = (int16_t)(sample(c, row) - mean);
        total += (uint32_t)(x * x);
    }
    return total / c->rows;
}

// Mean square of the differences between sums of `width` samples that follow one another.
static uint32_t band(const channel *c, uint8_t width) {
    uint32_t total = 0;
    const uint8_t places = (uint8_t)(c->rows - 2 * width + 1);
    for (uint8_t at = 0; at < places; at++) {
        const uint8_t middle = (uint8_t)(at + width);
        const int32_t x = (int16_t)(sum(c, middle, (uint8_t)(middle + width)) - sum(c, at, middle));
        total += (uint32_t)(x * x);
    }
    return total / places;
}

void classical_features(const int8_t *window, uint8_t rows, uint8_t channels, int8_t *out) {
    for (uint8_t i = 0; i < channels; i++, out += CLASSICAL_FEATURES) {
        const channel c = {window + i, rows, channels};
        const int8_t mean = (int8_t)(sum(&c, 0, rows) / rows);
        quarters(&c, out);
        out[4] = 127, out[5] = -128;
        for (uint8_t row = 0; row < rows; row++) {
            const int8_t x = sample(&c, row);
            if (x < out[4]) out[4] = x;
            if (x > out[5]) out[5] = x;
        }
        out[6] = octaves(energy(&c, mean));
        out[7] = (int8_t)crossings(&c, mean);
        out[8] = octaves(band(&c, 1));
        out[9] = octaves(band(&c, COARSE));
    }
}
