#include "float_logmel.h"

#include "float_tables.h" // hann, rising, dct
#include <math.h>
#include <string.h>

void float_logmel_init(float_logmel *m, const logmel_config *config) {
    memset(m, 0, sizeof *m);
    m->config = config;
    m->until_due = config->window;
}

size_t float_logmel_push(float_logmel *m, const int16_t *pcm, size_t count) {
    const size_t taken = count < m->until_due ? count : m->until_due;
    for (size_t done = 0, part; done < taken; done += part) {
        const size_t room = (size_t)m->config->window - m->next;
        part = taken - done < room ? taken - done : room;
        for (size_t i = 0; i < part; i++) m->history[m->next + i] = pcm[done + i];
        m->next = (uint16_t)(part == room ? 0 : m->next + part);
    }
    m->until_due = (uint16_t)(m->until_due - taken);
    return taken;
}

static float *weighted(float *to, const int16_t *pcm, const float *window, size_t count) {
    for (size_t i = 0; i < count; i++) *to++ = pcm[i] * window[i];
    return to;
}

static void take_frame(float_logmel *m) {
    const logmel_config *c = m->config;
    const size_t newer = m->next, older = (size_t)c->window - newer;
    float *const samples = &m->samples[0].re, *to = samples;
    to = weighted(to, m->history + newer, hann, older);
    to = weighted(to, m->history, hann + older, newer);
    while (to < samples + c->fft->size) *to++ = 0;
    m->until_due = c->hop;
}

static void filter_bank(float_logmel *m) {
    const logmel_config *c = m->config;
    const float_bin *bin = m->bins + c->first_bin;
    const float *weight = rising;
    float below = 0;
    for (int band = 0; band <= c->bands; band++) {
        float total = 0, up = 0;
        for (const float_bin *end = bin + c->band_bins[band]; bin < end; bin++) {
            const float power = bin->re * bin->re + bin->im * bin->im;
            up += power * *weight++;
            total += power;
        }
        if (band > 0) m->level[band - 1] = below + total - up;
        below = up;
    }
}

static void estimate_noise(float_logmel *m) {
    const logmel_config *c = m->config;
    const float rise = 1.0f / (float)(1 << c->noise_rise), fall = 1.0f / (float)(1 << c->noise_fall);
    for (int band = 0; band < c->bands; band++) {
        const float difference = m->level[band] - m->noise[band];
        m->noise[band] += m->noise_known ? difference * (difference > 0 ? rise : fall) : difference;
    }
    m->noise_known = true;
}

static void take_logarithms(float_logmel *m) {
    const logmel_config *c = m->config;
    const float octave = 1.442695041f, factor = c->noise_factor / 16.0f, least = c->noise_floor / 256.0f;
    const float strength = c->gain_strength / 256.0f, offset = powf(2, c->gain_offset / 256.0f);
    for (int band = 0; band < c->bands; band++) {
        float energy = m->level[band];
        if (c->noise_factor) energy = fmaxf(energy - factor * m->noise[band], energy * least);
        if (c->gain_strength) energy *= offset / powf(1 + m->noise[band], strength);
        m->level[band] = octave * logf(1 + energy);
    }
}

static float output(const float_logmel *m, int number) {
    if (!m->config->cepstra) return m->level[number];
    float sum = 0;
    for (int band = 0; band < m->config->bands; band++) sum += m->level[band] * dct[number * m->config->bands + band];
    return sum;
}

bool float_logmel_pop(float_logmel *m, int8_t *frame) {
    if (m->until_due) return false;
    const logmel_config *c = m->config;
    const float scale = 256.0f * c->multiplier / (float)(1 << c->shift);
    take_frame(m);
    float_fft_512(m->samples, m->bins);
    filter_bank(m);
    if (c->noise_factor || c->gain_strength) estimate_noise(m);
    take_logarithms(m);
    for (int i = 0; i < (c->cepstra ? c->cepstra : c->bands); i++) {
        const float q = output(m, i) * scale + (float)c->zero_point + 128.5f; // above 0: truncation rounds down
        frame[i] = (int8_t)((q < 0 ? 0 : q > 255 ? 255 : (int)q) - 128);
    }
    return true;
}
