// baseline.h: a device learns what is normal: mean and covariance of the windows that it sees while learning. No heap.
//
// Windows are int8, so the struct keeps their sums and the sums of their products exactly. Mean and covariance are
// computed once from these sums, without the cancellation that Welford's recurrence avoids (Chan, Golub and LeVeque,
// "Algorithms for computing the sample variance", The American Statistician 37, 1983). 65,535 windows fit; later
// windows are ignored. Values at the ends of int8 were probably clipped. They are counted, because they make the
// baseline less reliable.
//
// The board's store keeps this struct, and a host reads and writes it over the link: 32-bit words, little-endian; the
// last word is a CRC-32 of the others.
#ifndef ANOMALY_BASELINE_H
#define ANOMALY_BASELINE_H

#include "anomaly/distance.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ANOMALY_BASELINE_MAGIC 0x31534142u // "BAS1"
#define ANOMALY_MAX_WINDOWS    65535u

typedef struct {
    uint32_t magic;
    uint32_t model; // CRC-32 of the model's hash: features of another front end mean something else
    uint32_t features;
    uint32_t windows;
    uint32_t saturated; // values at -128 or 127 among them
    int32_t sum[ANOMALY_MAX_FEATURES];
    int32_t product[ANOMALY_PAIRS(ANOMALY_MAX_FEATURES)]; // sums of x[row] * x[column], column <= row, row after row
    uint32_t crc;
} anomaly_baseline;

typedef struct { // what a baseline says of a single Gaussian
    int16_t mean[ANOMALY_MAX_FEATURES];
    int16_t inverse[ANOMALY_PAIRS(ANOMALY_MAX_FEATURES)];
    uint32_t offset;
    anomaly_gaussians gaussian; // of these tables
} anomaly_learnt;

void anomaly_baseline_clear(anomaly_baseline *b, uint8_t features, uint32_t model);
bool anomaly_baseline_learn(anomaly_baseline *b, const int8_t *x); // false: full, or no baseline
void anomaly_baseline_seal(anomaly_baseline *b);                   // sets the CRC
bool anomaly_baseline_valid(const anomaly_baseline *b, uint8_t features, uint32_t model);

// Mean and inverse Cholesky factor of the covariance. `ridge`, 256 and up, in 1/256 of a squared step, is added to the
// diagonal first, because the windows never show everything that is normal. False: fewer than two windows, or sums that
// windows cannot have. An element of W is wrong by at most 2^-13, besides the rounding that distance.h describes.
bool anomaly_baseline_gaussian(const anomaly_baseline *b, uint32_t ridge, anomaly_learnt *learnt);

#ifdef __cplusplus
}
#endif
#endif
