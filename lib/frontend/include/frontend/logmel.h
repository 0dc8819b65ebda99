// logmel.h: log-mel energies or cepstra (MFCC) in int8 from a stream of 16-bit audio. Integers only, no heap, no
// globals; one caller at a time.
//
// High pass, where asked for: y = x - m and then m += (x - m) / 2^high_pass, m in units of 2^-14 and at first the first
// sample, y rounded and saturated to 16 bits. A constant offset of the microphone gives nothing, and what lies below
// rate / (2 pi 2^high_pass) hertz gives little: (1 - 1/z) / (1 - (1 - 2^-high_pass)/z), the usual one-pole DC blocker.
//
// Frame: `window` samples, every `hop` samples, times a periodic Hann window; real FFT; power; triangular filters
// spaced on the HTK mel scale, 2595 log10(1 + f / 700), each peaking at 1 and linear in hertz (as librosa's
// `filters.mel(htk=True, norm=None)`); L = log2(1 + energy), the samples counted in units of their last bit. From
// there, each step only where it is asked for:
// - the energy of steady noise is subtracted: a running estimate that rises slowly and falls fast (the asymmetric
//   filter of Kim and Stern, "Power-normalized cepstral coefficients", IEEE/ACM TASLP 24(7), 2016), times a factor,
//   down to a part of the energy (Berouti, Schwartz and Makhoul, "Enhancement of speech corrupted by acoustic noise",
//   ICASSP 1979);
// - gain control per band: L = log2(1 + energy 2^offset / estimate^strength), the normalisation of Wang et al.,
//   "Trainable frontend for robust and far-field keyword spotting", ICASSP 2017, followed by a logarithm in place of
//   their root;
// - cepstra: the orthonormal DCT-II of L, the first `cepstra` of them.
// The result is q = saturate(((x * multiplier + 2^(shift-1)) >> shift) + zero_point), x being L or the cepstra in
// units of 1/256.
//
// The tables are constants that Python makes for a configuration (ml/native/logmel.py: c_source). With the sizes below
// `logmel` takes 3.5 kB.
#ifndef FRONTEND_LOGMEL_H
#define FRONTEND_LOGMEL_H

#include "frontend/fft.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef LOGMEL_MAX_WINDOW
#define LOGMEL_MAX_WINDOW 512 // samples in a frame; 2 bytes each in `logmel`
#endif
#ifndef LOGMEL_MAX_FFT
#define LOGMEL_MAX_FFT 512 // 64..2048, a power of two; 4 bytes each
#endif
#ifndef LOGMEL_MAX_BANDS
#define LOGMEL_MAX_BANDS 40 // 1..128, at most half the transform's size; 8 bytes each
#endif

#define LOGMEL_MAX_OVERLAP 8 // hops that a window may span

enum { LOGMEL_OK = 0, LOGMEL_ERR_CONFIG = -1 };

typedef struct {
    uint32_t rate_hz;          // 8000 or 16000: what the tables were made for, and what to ask of the microphone
    uint16_t window;           // samples in a frame, even, 2..LOGMEL_MAX_WINDOW
    uint16_t hop;              // samples between frames, even, window / LOGMEL_MAX_OVERLAP..window
    const fft_plan *fft;       // window..LOGMEL_MAX_FFT samples; the frame is followed by zeros
    const uint32_t *hann;      // [window / 2]: two Q15 each, the first in the low half
    uint8_t bands;             // 1..LOGMEL_MAX_BANDS
    uint16_t first_bin;        // first one above the lowest filter's lower edge
    const uint16_t *band_bins; // [bands + 1]: bins from one filter's centre to the next, edges included
    const uint16_t *rising; // per bin: weight in the filter whose centre lies above it, Q15; the one below has the rest
    uint8_t noise_rise;     // 0..15: the estimate moves up by difference / 2^noise_rise a frame
    uint8_t noise_fall;     // 0..15: and down by difference / 2^noise_fall
    uint8_t noise_factor;   // 0..64: estimate * noise_factor / 16 is taken off; 0: nothing
    uint8_t noise_floor;    // 0..255: energy * noise_floor / 256 remains
    uint16_t gain_strength; // 0..256: exponent of the estimate, / 256; 0: no gain control
    int16_t gain_offset;    // log2 * 256
    uint8_t cepstra;        // 0: log-mel; 1..bands: that many cepstra
    const uint32_t *dct;    // [cepstra][(bands + 3) / 4 * 2]: two Q15 each, then zeros
    int16_t multiplier;     // 1 and up
    uint8_t shift;          // 1..30
    int16_t zero_point;     // may lie outside int8: levels far above 0 use the whole range
    uint8_t high_pass;      // 0: none; 1..12: as above. At 16 kHz 4 is 160 Hz, 5 is 80 Hz
} logmel_config;

typedef struct { // fields are private but for the counters
    const logmel_config *config;
    uint32_t history[LOGMEL_MAX_WINDOW / 2];
    union {
        uint32_t samples[LOGMEL_MAX_FFT / 2];
        struct {
            uint64_t energy[LOGMEL_MAX_BANDS]; // counts^2, Q8
            int32_t log2[LOGMEL_MAX_BANDS + 3], cepstra[LOGMEL_MAX_BANDS];
        } band;
    } work;
    uint32_t bins[LOGMEL_MAX_FFT / 2 + 1];
    uint64_t noise[LOGMEL_MAX_BANDS];
    uint32_t magnitude[LOGMEL_MAX_OVERLAP]; // of the samples of the last hops, the newest first
    uint16_t next, until_due;
    bool noise_known;
    bool offset_known;
    int32_t offset;        // the high pass's m
    uint32_t frames;       // popped
    uint32_t clipped_low;  // values below int8: silence
    uint32_t clipped_high; // values above int8
} logmel;

int logmel_init(logmel *m, const logmel_config *config); // LOGMEL_OK or LOGMEL_ERR_CONFIG
void logmel_reset(logmel *m);                            // forgets audio and noise; the counters keep counting

// Samples until a frame is due. A caller that reads exactly so many has read the frame's last sample.
size_t logmel_room(const logmel *m);

// Samples taken, 0..count: fewer where a frame is due, 0 until it is popped.
size_t logmel_push(logmel *m, const int16_t *pcm, size_t count);

// True: a frame was due and is written, int8 [cepstra ? cepstra : bands]. One FFT of work at most.
bool logmel_pop(logmel *m, int8_t *frame);

// The same before scaling to int8, in units of 1/256.
bool logmel_pop_q8(logmel *m, int32_t *frame);

#ifdef __cplusplus
}
#endif
#endif
