// vibration.h: features of machine vibration in int8 from blocks of 1- or 3-axis acceleration. Integers only, no heap,
// no globals; one caller at a time.
//
// A block is as many samples as the transform has. For each axis, in this order, all as log2 in units of 1/256:
// - bands: power of the Hann-weighted spectrum of x - mean(x), summed from edge to edge;
// - envelope_bands: the same of the envelope |x[n] - x[n-1]|. The difference lifts the resonances that a bearing's
//   blows excite; the absolute value shows how often the blows come (envelope analysis; Randall and Antoni, "Rolling
//   element bearing diagnostics, a tutorial", Mechanical Systems and Signal Processing 25, 2011);
// - the variance, twice the RMS in octaves;
// - the crest factor, squared: largest (x - mean)^2 over the variance;
// - the kurtosis: 0.58 for a sine, 1.58 for Gaussian noise, more where there are blows;
// - the mobility, squared: mean of (x[n] - x[n-1])^2 over the variance, which is the spectrum's mean square frequency
//   (B. Hjorth, "EEG analysis based on time domain properties", Electroencephalography and Clinical Neurophysiology 29,
//   1970). It tells where the power lies at any speed, whatever the level.
// Each is log2(1 + value) for powers, so that silence is 0. The last four are optional. vibration_pop gives the mean
// of the last `average` blocks, because a single block says little about a machine. Every value has its own scale: q =
// saturate(((value - offset) * multiplier + 2^(shift-1)) >> shift).
//
// `ordered` makes the features the same however the sensor's axes are named: first comes the axis that gravity pulls
// most, if that is half a g or more, then the others, the one that shakes most first.
//
// The tables are constants that Python makes for a configuration (ml/native/vibration.py: c_source).
#ifndef FRONTEND_VIBRATION_H
#define FRONTEND_VIBRATION_H

#include "frontend/fft.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef VIBRATION_MAX_FFT
#define VIBRATION_MAX_FFT 1024 // samples in a block, 64..2048: 6 bytes each in `vibration`, and 2 more an axis
#endif
#ifndef VIBRATION_MAX_AXES
#define VIBRATION_MAX_AXES 3
#endif
#ifndef VIBRATION_MAX_FEATURES
#define VIBRATION_MAX_FEATURES 128 // of all axes; 4 bytes each
#endif

#ifndef VIBRATION_MAX_AVERAGE
#define VIBRATION_MAX_AVERAGE 8 // blocks, 1..255; 2 bytes each times the features
#endif

enum {
    VIBRATION_VARIANCE = 1,
    VIBRATION_CREST = 2,
    VIBRATION_KURTOSIS = 4,
    VIBRATION_MOBILITY = 8,
    VIBRATION_STATISTICS = 4
};

enum { VIBRATION_OK = 0, VIBRATION_ERR_CONFIG = -1 };

typedef struct {
    uint32_t rate_mhz;              // what the tables were made for, and what to ask of the sensor
    uint8_t axes;                   // 1..VIBRATION_MAX_AXES
    const fft_plan *fft;            // up to VIBRATION_MAX_FFT samples
    uint16_t hop;                   // samples between blocks, 1..size
    const uint32_t *hann;           // [size / 2]: two Q15 each, the first in the low half
    uint8_t bands, envelope_bands;  // 0 and up
    const uint16_t *band_edges;     // [bands + 1]: bins; band b is edges[b]..edges[b + 1] - 1, at most size / 2
    const uint16_t *envelope_edges; // [envelope_bands + 1]
    uint8_t statistics;             // VIBRATION_VARIANCE | ...: those that are wanted
    uint8_t average;                // blocks, 1..VIBRATION_MAX_AVERAGE
    uint8_t ordered;                // 1: axes by gravity and level, needs the variance; 0: as the sensor has them
    const int16_t *offset;          // [axes][bands + envelope_bands + statistics]
    const int16_t *multiplier;      // likewise
    uint8_t shift;                  // 1..30
} vibration_config;

typedef struct { // fields are private but for the counters
    const vibration_config *config;
    int16_t history[VIBRATION_MAX_AXES][VIBRATION_MAX_FFT];
    int32_t signal[VIBRATION_MAX_FFT];
    uint32_t bins[VIBRATION_MAX_FFT / 2 + 1];
    int32_t features[VIBRATION_MAX_FEATURES];
    int16_t past[VIBRATION_MAX_AVERAGE][VIBRATION_MAX_FEATURES];
    int32_t sum[VIBRATION_MAX_FEATURES];
    int32_t gravity[VIBRATION_MAX_AXES]; // of the last block
    uint16_t next, until_due;
    uint8_t next_past, past_blocks;
    uint32_t blocks;    // analysed
    uint32_t saturated; // values clipped to int8
} vibration;

int vibration_init(vibration *v, const vibration_config *config); // VIBRATION_OK or VIBRATION_ERR_CONFIG
void vibration_reset(vibration *v);                               // forgets the samples; the counters keep counting
uint32_t vibration_features(const vibration_config *config);      // values in a block

// Samples int16 [count][axes]; returns how many were taken, 0..count: fewer where a block is due, 0 until it is popped.
size_t vibration_push(vibration *v, const int16_t *samples, size_t count);

// True: a block was due, enough came before it, and their mean is written, int8 [axes][bands + envelope_bands +
// statistics]. At most two FFTs of work an axis.
bool vibration_pop(vibration *v, int8_t *features);

// The last popped ones again.
void vibration_again(const vibration *v, int8_t *features);

// The same before scaling to int8, in units of 1/256.
bool vibration_pop_q8(vibration *v, int32_t *features);

#ifdef __cplusplus
}
#endif
#endif
