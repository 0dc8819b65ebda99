// features.h: a few numbers from a window of int8 samples, for models that know nothing of time. Integers only, no
// heap, no state.
//
// For each channel of the window, in this order:
//   0..3  mean of each quarter of the window: which way it went first, and which way then
//   4, 5  least and largest sample
//   6     level: energy about the mean
//   7     crossings of the mean
//   8, 9  energy of two bands, as a Haar wavelet has them: differences of neighbours (above a quarter of the rate), and
//         of sums of four (about a twelfth of the rate)
// Energies are means of squares on a logarithmic scale: eight steps an octave.
#ifndef CLASSICAL_FEATURES_H
#define CLASSICAL_FEATURES_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CLASSICAL_FEATURES 10 // for each channel

// window [rows][channels], rows 8..255; out [channels * CLASSICAL_FEATURES]
void classical_features(const int8_t *window, uint8_t rows, uint8_t channels, int8_t *out);

#ifdef __cplusplus
}
#endif
#endif
