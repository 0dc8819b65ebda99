// baseline.h: a device learns for itself what is normal: mean and covariance of the windows it is shown. No heap.
//
// Windows are int8, so their sums and the sums of their products are kept as they are, exactly; mean and covariance are
// computed from them once, without the cancellation that Welford's recurrence is there to avoid (Chan, Golub and
// LeVeque, "Algorithms for computing the sample variance", The American Statistician 37, 1983). 65,535 windows fit; of
// those that come later nothing is taken. Values at the ends of int8 were probably clipped: they are counted, and make
// the baseline worth less.
//
// The struct is what is kept in the board's store and read and written over the link: 32-bit words, little-endian, the
// last one a CRC-32 of those before.
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

// Mean and inverse Cholesky factor of the covariance, to which `ridge`, 256 and up, in 1/256 of a squared step, is
// added on the diagonal: nobody has seen all that is normal. False: fewer than two windows, or sums that no windows
// have. Besides the rounding that distance.h describes, an element of W is wrong by at most 2^-13.
bool anomaly_baseline_gaussian(const anomaly_baseline *b, uint32_t ridge, anomaly_learnt *learnt);

#ifdef __cplusplus
}
#endif
#endif
