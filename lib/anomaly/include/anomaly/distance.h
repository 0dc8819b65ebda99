// distance.h: how far an int8 window of features is from the normal state. Integers only, no heap, no state.
//
// Distances are squared, in units of 2^-16; 1.0 is one standard deviation.
// - Gaussian mixture: the least over the components of |W (x - mean)|^2 + offset, W the inverse of the Cholesky factor
//   of the covariance. That is -2 log of the likelihood's largest term; one component with offset 0 is the squared
//   Mahalanobis distance (Bishop, "Pattern Recognition and Machine Learning", 2006, chapters 2.3 and 9.2).
// - Reconstruction: the squared differences between an autoencoder's input and its output, each divided by the
//   variance of this difference in the normal state.
//
// Error of the integers. Let y = W (x - mean) be exact for the exact W and mean that the tables were rounded from, and
//   e[j] = (|W[j][0]| + ... + |W[j][j]|) / 256 + |x - mean|_1 / 32768 + 1 / 512;
// then the distance differs from the exact one by at most the sum over j of 2 |y[j]| e[j] + e[j]^2, besides the
// offset's 2^-17.
#ifndef ANOMALY_DISTANCE_H
#define ANOMALY_DISTANCE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef ANOMALY_MAX_FEATURES
#define ANOMALY_MAX_FEATURES 16 // values in a window, 1..32; a baseline costs 4 bytes for each pair of them
#endif
#define ANOMALY_PAIRS(n) ((n) * ((n) + 1) / 2) // values in a triangle of n rows

typedef struct {
    uint8_t features, components;
    uint8_t blind;          // the last so many components are of speeds at which faults do not show
    const int16_t *mean;    // [components][features], 1/128 of a step of int8
    const int16_t *inverse; // [components][ANOMALY_PAIRS(features)]: W row after row, 1/16384: variances are 1 and up
    const uint32_t *offset; // [components], 1/65536
} anomaly_gaussians;

typedef struct {
    uint8_t features;
    int8_t zero_point;      // of the autoencoder's output
    int32_t scale;          // one step of the output in steps of the input, 1/65536
    const int16_t *inverse; // [features]: 1 over the standard deviation of the difference, 1/16384
} anomaly_reconstruction;

uint64_t anomaly_distance(const anomaly_gaussians *g, const int8_t *x);
uint64_t anomaly_nearest(const anomaly_gaussians *g, const int8_t *x, uint32_t *component); // and which it is
uint64_t anomaly_reconstruction_distance(const anomaly_reconstruction *r, const int8_t *input, const int8_t *output);

// A distance as the int8 scores of two classes, normal and anomalous, for lib/decide. The anomalous score, 0 to 255, is
// 13 for each doubling of 1 + distance. The normal score is 127 minus that, at least 0. lib/decide makes no event while
// the normal class has the higher score, so thresholds take effect from 64 up, which is a distance of 30.
int32_t anomaly_level(uint64_t distance); // 0..255
void anomaly_level_scores(int32_t level, int8_t scores[2]);
void anomaly_scores(uint64_t distance, int8_t scores[2]);

#ifdef __cplusplus
}
#endif
#endif
