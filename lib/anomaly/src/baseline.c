#include "anomaly/baseline.h"

#include "frontend/integer.h" // square_root
#include "nn/model.h"         // nn_crc32

#include <stddef.h>
#include <string.h>

enum { FACTOR_BITS = 20, COVARIANCE_BITS = 40, INVERSE_BITS = 24, KEPT_BITS = 14 };

void anomaly_baseline_clear(anomaly_baseline *b, uint8_t features, uint32_t model) {
    memset(b, 0, sizeof *b);
    b->magic = ANOMALY_BASELINE_MAGIC;
    b->model = model;
    b->features = features;
}

bool anomaly_baseline_learn(anomaly_baseline *b, const int8_t *x) {
    int32_t *product = b->product;
    if (b->windows >= ANOMALY_MAX_WINDOWS || b->features > ANOMALY_MAX_FEATURES) return false;
    for (uint32_t row = 0; row < b->features; row++) {
        b->sum[row] += x[row];
        b->saturated += x[row] == INT8_MIN || x[row] == INT8_MAX;
        for (uint32_t column = 0; column <= row; column++) *product++ += x[row] * x[column];
    }
    b->windows++;
    return true;
}

static uint32_t crc_of(const anomaly_baseline *b) {
    return nn_crc32(b, (uint32_t)offsetof(anomaly_baseline, crc));
}

void anomaly_baseline_seal(anomaly_baseline *b) {
    b->crc = crc_of(b);
}

bool anomaly_baseline_valid(const anomaly_baseline *b, uint8_t features, uint32_t model) {
    return b->magic == ANOMALY_BASELINE_MAGIC && b->model == model && b->features == features &&
           b->windows <= ANOMALY_MAX_WINDOWS && b->crc == crc_of(b);
}

static int64_t divided(int64_t a, int64_t b) { // to the nearest; b > 0
    return a < 0 ? -((-a + b / 2) / b) : (a + b / 2) / b;
}

// Element of the covariance, Q40; its whole part fits 16 bits where the sums are those of int8 values.
static int64_t covariance(const anomaly_baseline *b, uint32_t row, uint32_t column, int32_t product) {
    const int64_t n = b->windows, scatter = n * product - (int64_t)b->sum[row] * b->sum[column];
    const int64_t whole = scatter / (n * (n - 1)), rest = scatter % (n * (n - 1));
    return whole * ((int64_t)1 << COVARIANCE_BITS) +
           divided(rest * (1 << 30), n * (n - 1)) * (1 << (COVARIANCE_BITS - 30));
}

static bool plausible(const anomaly_baseline *b) { // as sums of int8 values: what follows then cannot overflow
    const int32_t n = (int32_t)b->windows;
    bool good = n >= 2 && n <= (int32_t)ANOMALY_MAX_WINDOWS && b->features <= ANOMALY_MAX_FEATURES;
    for (uint32_t i = 0; good && i < b->features; i++) good = b->sum[i] >= -128 * n && b->sum[i] <= 127 * n;
    for (uint32_t i = 0; good && i < ANOMALY_PAIRS(b->features); i++)
        good = b->product[i] >= -16384 * n && b->product[i] <= 16384 * n;
    return good;
}

typedef struct {                                          // lower triangles, row after row
    int32_t factor[ANOMALY_PAIRS(ANOMALY_MAX_FEATURES)];  // Cholesky's, Q20
    int32_t inverse[ANOMALY_PAIRS(ANOMALY_MAX_FEATURES)]; // its inverse, Q24
} triangles;

// Cholesky and Banachiewicz, row by row (Golub and Van Loan, "Matrix Computations", chapter 4.2).
static bool factorise(const anomaly_baseline *b, uint32_t ridge, int32_t *factor) {
    const int64_t floor = (int64_t)ridge << (COVARIANCE_BITS - 8);
    for (uint32_t row = 0; row < b->features; row++) {
        int32_t *mine = factor + ANOMALY_PAIRS(row);
        for (uint32_t column = 0; column <= row; column++) {
            const int32_t *other = factor + ANOMALY_PAIRS(column);
            int64_t left = covariance(b, row, column, b->product[ANOMALY_PAIRS(row) + column]);
            for (uint32_t i = 0; i < column; i++) left -= (int64_t)mine[i] * other[i];
            if (column < row) {
                const int64_t made = divided(left, other[column]);
                if (made > (1 << 28) || made < -(1 << 28)) return false;
                mine[column] = (int32_t)made;
            } else {
                if (left + floor < floor / 2) return false; // rounding takes little from the ridge
                mine[row] = (int32_t)square_root((uint64_t)(left + floor));
            }
        }
    }
    return true;
}

static bool invert(const int32_t *factor, uint32_t features, int32_t *inverse) {
    for (uint32_t row = 0; row < features; row++) {
        const int32_t *mine = factor + ANOMALY_PAIRS(row);
        int32_t *to = inverse + ANOMALY_PAIRS(row);
        for (uint32_t column = 0; column < row; column++) {
            int64_t sum = 0;
            for (uint32_t i = column; i < row; i++) sum -= (int64_t)mine[i] * inverse[ANOMALY_PAIRS(i) + column];
            const int64_t made = divided(sum, mine[row]);
            if (made > (1 << 25) || made < -(1 << 25)) return false;
            to[column] = (int32_t)made;
        }
        to[row] = (int32_t)divided((int64_t)1 << (INVERSE_BITS + FACTOR_BITS), mine[row]);
    }
    return true;
}

static int16_t kept(int32_t value) {
    const int32_t rounded = (value + (1 << (INVERSE_BITS - KEPT_BITS - 1))) >> (INVERSE_BITS - KEPT_BITS);
    return (int16_t)(rounded > INT16_MAX ? INT16_MAX : rounded < INT16_MIN ? INT16_MIN : rounded);
}

bool anomaly_baseline_gaussian(const anomaly_baseline *b, uint32_t ridge, anomaly_learnt *learnt) {
    triangles t;
    if (!plausible(b) || ridge < 256 || !factorise(b, ridge, t.factor) || !invert(t.factor, b->features, t.inverse))
        return false;
    for (uint32_t i = 0; i < b->features; i++) learnt->mean[i] = (int16_t)divided((int64_t)b->sum[i] * 128, b->windows);
    for (uint32_t i = 0; i < ANOMALY_PAIRS(b->features); i++) learnt->inverse[i] = kept(t.inverse[i]);
    learnt->offset = 0;
    learnt->gaussian = (anomaly_gaussians){(uint8_t)b->features, 1, learnt->mean, learnt->inverse, &learnt->offset};
    return true;
}
