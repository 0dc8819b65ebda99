// fft.h: Fourier transform of real 16-bit samples in block floating point. No heap, no globals; any number of callers.
//
// The samples share one exponent. Before each pass the block is scaled down by 2 or by 4 if its largest value needs it.
// So nothing overflows, and quiet blocks keep their bits. Radix 4, Stockham's ordering (no bit reversal), half-size
// complex transform with the usual separation for real input; Van Loan, "Computational frameworks for the fast Fourier
// transform", SIAM 1992, 1.7 and 4.3.
//
// Error against exact arithmetic, in units of the result (2^e): root mean square over the bins below 1.5, largest below
// FFT_ERROR. Tests with tones, noise, edges and pulses found both limits; they are not proven. White noise stays 56 dB
// (2048 samples) to 61 dB (64) above its rounding noise; the bin of a steady tone stays 75 dB and more above it.
//
// Samples and bins are words: a pair of int16, the first (even sample, real part) in the low half.
#ifndef FRONTEND_FFT_H
#define FRONTEND_FFT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FFT_ERROR 12

typedef struct {
    uint16_t size;                                       // real samples
    int (*transform)(uint32_t *samples, uint32_t *bins); // see fft_transform
} fft_plan;

// Each plan has tables of 2.5 bytes per sample; the linker leaves out plans that no code names.
extern const fft_plan fft_64, fft_128, fft_256, fft_512, fft_1024, fft_2048;

// X[k] = sum over n of x[n] exp(-2 pi i k n / size), for k = 0..size/2, is bins[k] * 2^e; returns e (it may be
// negative). `samples` (size / 2 words) is overwritten; `bins` has size / 2 + 1 words.
int fft_real(const fft_plan *plan, uint32_t *samples, uint32_t *bins);

// The same for samples that the caller has scaled already to -2^14..2^14-1: the more of it they use, the better.
static inline int fft_transform(const fft_plan *plan, uint32_t *samples, uint32_t *bins) {
    return plan->transform(samples, bins);
}

static inline int16_t fft_re(uint32_t bin) {
    return (int16_t)(uint16_t)bin;
}
static inline int16_t fft_im(uint32_t bin) {
    return (int16_t)(uint16_t)(bin >> 16);
}

#ifdef __cplusplus
}
#endif
#endif
