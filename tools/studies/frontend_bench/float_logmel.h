// float_logmel.h: the front end of frontend/logmel.h in plain float, to compare instructions with. Same algorithm, same
// passes, same tables; nothing to keep numbers in range.
#ifndef FLOAT_LOGMEL_H
#define FLOAT_LOGMEL_H

#include "frontend/logmel.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    float re, im;
} float_bin;

typedef struct {
    const logmel_config *config;
    int16_t history[LOGMEL_MAX_WINDOW];
    float_bin samples[LOGMEL_MAX_FFT / 2], bins[LOGMEL_MAX_FFT / 2 + 1];
    float level[LOGMEL_MAX_BANDS], noise[LOGMEL_MAX_BANDS];
    uint16_t next, until_due;
    bool noise_known;
} float_logmel;

void float_logmel_init(float_logmel *m, const logmel_config *config);
size_t float_logmel_push(float_logmel *m, const int16_t *pcm, size_t count);
bool float_logmel_pop(float_logmel *m, int8_t *frame);

void float_fft_512(float_bin *samples, float_bin *bins);

#ifdef __cplusplus
}
#endif
#endif
