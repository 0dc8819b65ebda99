#include "frontend/logmel.h"

#include "frontend/integer.h"
#include "log2.h"
#include "pair.h"
#include "scale.h"
#include "tables.h"
#include <string.h>

enum { ONE = 256 };          // 1 in Q8
enum { OFFSET_BITS = 14 };   // after the point of the high pass's offset
enum { MAX_HIGH_PASS = 12 }; // more would be below a hertz

static uint32_t hops_per_window(const logmel_config *c) {
    return (c->window + c->hop - 1u) / c->hop;
}

int logmel_init(logmel *m, const logmel_config *c) {
    const bool even = c->window % 2 == 0 && c->hop % 2 == 0;
    const bool stream = c->hop >= 2 && c->hop <= c->window && c->window <= LOGMEL_MAX_WINDOW;
    const bool sizes = c->fft->size >= c->window && c->fft->size <= LOGMEL_MAX_FFT && c->bands >= 1 &&
                       c->bands <= c->fft->size / 2 && c->bands <= LOGMEL_MAX_BANDS && c->cepstra <= c->bands &&
                       c->shift >= 1 && c->shift <= 30 && c->high_pass <= MAX_HIGH_PASS;
    if (!even || !stream || !sizes || hops_per_window(c) > LOGMEL_MAX_OVERLAP) return LOGMEL_ERR_CONFIG;
    memset(m, 0, sizeof *m);
    m->config = c;
    logmel_reset(m);
    return LOGMEL_OK;
}

void logmel_reset(logmel *m) {
    m->next = 0;
    m->until_due = m->config->window;
    m->noise_known = m->offset_known = false;
    memset(m->magnitude, 0, sizeof m->magnitude);
}

// Copies, and returns the samples' pair_magnitude.
static uint32_t copied(char *to, const int16_t *from, size_t count) {
    uint32_t magnitude = 0, first, second;
    for (const int16_t *end = from + (count & ~(size_t)3); from < end; from += 4, to += 2 * sizeof first) {
        memcpy(&first, from, sizeof first);
        memcpy(&second, from + 2, sizeof second);
        memcpy(to, &first, sizeof first);
        memcpy(to + sizeof first, &second, sizeof second);
        magnitude |= pair_magnitude(first) | pair_magnitude(second);
    }
    count %= 4;
    for (; count; count--, from++, to += sizeof *from) {
        memcpy(to, from, sizeof *from);
        magnitude |= pair_magnitude((uint16_t)*from);
    }
    return magnitude;
}

static int32_t saturated_to_16(int32_t x) {
    return x > INT16_MAX ? INT16_MAX : x < INT16_MIN ? INT16_MIN : x;
}

// As `copied`, through the high pass.
static uint32_t high_passed(logmel *m, char *to, const int16_t *from, size_t count) {
    const int slow = m->config->high_pass;
    uint32_t magnitude = 0;
    int32_t offset = m->offset_known ? m->offset : *from * (1 << OFFSET_BITS);
    for (const int16_t *end = from + count; from < end; from++, to += sizeof *from) {
        const int16_t y = (int16_t)saturated_to_16(*from - ((offset + (1 << (OFFSET_BITS - 1))) >> OFFSET_BITS));
        offset += (*from * (1 << OFFSET_BITS) - offset) >> slow;
        memcpy(to, &y, sizeof y);
        magnitude |= pair_magnitude((uint16_t)y);
    }
    m->offset = offset;
    m->offset_known = true;
    return magnitude;
}

size_t logmel_room(const logmel *m) {
    return m->until_due;
}

size_t logmel_push(logmel *m, const int16_t *pcm, size_t count) {
    const size_t taken = count < m->until_due ? count : m->until_due;
    for (size_t done = 0, part; done < taken; done += part) {
        const size_t room = (size_t)m->config->window - m->next;
        part = taken - done < room ? taken - done : room;
        char *to = (char *)m->history + sizeof *pcm * m->next;
        m->magnitude[0] |= m->config->high_pass ? high_passed(m, to, pcm + done, part) : copied(to, pcm + done, part);
        m->next = (uint16_t)(part == room ? 0 : m->next + part);
    }
    m->until_due = (uint16_t)(m->until_due - taken);
    return taken;
}

// A loop that should have all registers to itself: -Os would join functions that are called once, and spill.
#define KEPT_APART __attribute__((noinline))

KEPT_APART static uint32_t *weighted(uint32_t *to, const uint32_t *pcm, const uint32_t *hann, size_t words, int up) {
    const int32_t round = 1 << (14 - up);
    const int shift = up + 1;
    for (const uint32_t *end = pcm + (words & ~(size_t)1); pcm < end;) {
        uint32_t x0, x1, w0, w1;
        pair_take_two(&pcm, &x0, &x1);
        pair_take_two(&hann, &w0, &w1);
        pair_put_two(&to, pair_scaled(x0, w0, round, shift), pair_scaled(x1, w1, round, shift));
    }
    if (words % 2) *to++ = pair_scaled(*pcm, *hann, round, shift);
    return to;
}

// The frame, weighted and as large as the transform allows, into work.samples; returns the shift that made it so.
static int take_frame(logmel *m) {
    const logmel_config *c = m->config;
    uint32_t magnitude = 0;
    const uint32_t hops = hops_per_window(c);
    for (uint32_t i = 0; i < hops; i++) magnitude |= m->magnitude[i];
    for (uint32_t i = hops - 1; i > 0; i--) m->magnitude[i] = m->magnitude[i - 1];
    m->magnitude[0] = 0;
    const int up = pair_headroom(magnitude);
    const uint32_t oldest = m->next / 2u, words = c->window / 2u;
    uint32_t *to = weighted(m->work.samples, m->history + oldest, c->hann, words - oldest, up);
    to = weighted(to, m->history, c->hann + words - oldest, oldest, up);
    // volatile: the memset of small C libraries, which this would become, goes byte by byte
    for (const uint32_t *end = m->work.samples + c->fft->size / 2u; to < end;) *(volatile uint32_t *)to++ = 0;
    m->until_due = c->hop;
    return up;
}

// Filter b rises up to its centre and falls to the next one's, where that one rises with the rest of the weight:
// `band_bins` between two centres serve both. Energies times 2^15, at the bins' scale.
KEPT_APART static void filter_bank(logmel *m) {
    const logmel_config *c = m->config;
    const uint32_t *bin = m->bins + c->first_bin;
    const uint16_t *weight = c->rising, *bins = c->band_bins;
    uint64_t *energy = m->work.band.energy, below = 0;
    for (const uint16_t *last = bins + c->bands; bins <= last; bins++) {
        uint64_t total = 0, rising = 0;
        pair_weigh_powers(&bin, &weight, *bins, &total, &rising);
        if (bins > c->band_bins) *energy++ = below + (total << 15) - rising;
        below = rising;
    }
}

// Energies times 2^left from here on: so that one frame's can be compared with another's.
static void to_common_scale(logmel *m, int left) {
    for (uint64_t *energy = m->work.band.energy, *end = energy + m->config->bands; energy < end; energy++)
        *energy = left < 0 ? *energy >> -left : *energy << left;
}

static void estimate_noise(logmel *m) {
    const logmel_config *c = m->config;
    for (int band = 0; band < c->bands; band++) {
        const uint64_t energy = m->work.band.energy[band], noise = m->noise[band];
        const uint64_t up = noise + ((energy - noise) >> c->noise_rise);
        const uint64_t down = noise - ((noise - energy) >> c->noise_fall);
        m->noise[band] = !m->noise_known ? energy : energy > noise ? up : down;
    }
    m->noise_known = true;
}

static uint64_t without_noise(const logmel_config *c, uint64_t energy, uint64_t noise) {
    const uint64_t removed = (noise >> 4) * c->noise_factor, least = (energy >> 8) * c->noise_floor;
    const uint64_t left = energy > removed ? energy - removed : 0;
    return left > least ? left : least;
}

// log2(1 + 2^x), both Q8.
static int32_t softly_positive(int32_t x) {
    const uint32_t size = (uint32_t)(x < 0 ? -x : x), index = size >> 6, fraction = size & 63u;
    const int32_t positive = x < 0 ? 0 : x;
    if (index >= SOFT_TABLE_LAST) return positive;
    return positive + soft_table[index] -
           (int32_t)((uint32_t)(soft_table[index] - soft_table[index + 1]) * fraction >> 6);
}

static int32_t controlled_level(const logmel_config *c, uint64_t energy, uint64_t noise) {
    const int32_t gain = c->gain_offset - (level_inline(noise, 0) * c->gain_strength >> 8);
    const int32_t level = softly_positive(log2_q8(energy) - 8 * ONE + gain);
    return level < INT16_MAX ? level : INT16_MAX;
}

// Of energies in Q8, against the estimate of the noise.
KEPT_APART static void take_levels_in_noise(logmel *m) {
    const logmel_config *c = m->config;
    for (int band = 0; band < c->bands; band++) {
        const uint64_t noise = m->noise[band];
        uint64_t energy = m->work.band.energy[band];
        if (c->noise_factor) energy = without_noise(c, energy, noise);
        m->work.band.log2[band] = c->gain_strength ? controlled_level(c, energy, noise) : level_inline(energy, 0);
    }
}

// Of energies times 2^left in Q8.
KEPT_APART static void take_levels(logmel *m, int left) {
    const uint64_t *energy = m->work.band.energy;
    int32_t *level = m->work.band.log2;
    for (const int32_t *end = level + m->config->bands; level < end;) *level++ = level_inline(*energy++, left);
}

// The cosine transform of the levels, which a pair holds two of (127 octaves at most).
KEPT_APART static void take_cepstra(logmel *m) {
    const logmel_config *c = m->config;
    const uint32_t words = (c->bands + 3u) / 4u * 2u;
    int32_t *log2 = m->work.band.log2;
    uint32_t *pairs = m->bins; // free again
    for (uint32_t band = c->bands; band < 2 * words; band++) log2[band] = 0;
    for (uint32_t i = 0; i < words; i++) pairs[i] = pair_of(log2[2 * i], log2[2 * i + 1]);
    const uint32_t *weight = c->dct;
    for (int32_t *cepstrum = m->work.band.cepstra, *end = cepstrum + c->cepstra; cepstrum < end; cepstrum++) {
        uint64_t sum = 1 << 14;
        for (const uint32_t *x = pairs; x < pairs + words;) {
            uint32_t x0, x1, w0, w1;
            pair_take_two(&x, &x0, &x1);
            pair_take_two(&weight, &w0, &w1);
            sum = pair_add_product(pair_add_product(sum, x0, w0), x1, w1);
        }
        *cepstrum = (int32_t)((int64_t)sum >> 15);
    }
}

// A due frame's outputs in Q8, which stay in `m`; null where none is due.
static const int32_t *analyse(logmel *m) {
    const logmel_config *c = m->config;
    if (m->until_due) return 0;
    const int up = take_frame(m), exponent = fft_transform(c->fft, m->work.samples, m->bins) - up;
    const int left = 2 * exponent - 15 + 8; // from Q15 weights to Q8 energies
    filter_bank(m);
    if (c->noise_factor || c->gain_strength) {
        to_common_scale(m, left);
        estimate_noise(m);
        take_levels_in_noise(m);
    } else {
        take_levels(m, left);
    }
    m->frames++;
    if (c->cepstra == 0) return m->work.band.log2;
    take_cepstra(m);
    return m->work.band.cepstra;
}

static uint32_t outputs(const logmel_config *c) {
    return c->cepstra ? c->cepstra : c->bands;
}

bool logmel_pop(logmel *m, int8_t *frame) {
    const scale to_int8 = scale_of(m->config->multiplier, m->config->shift, m->config->zero_point);
    const int32_t *x = analyse(m);
    if (!x) return false;
    for (const int32_t *end = x + outputs(m->config); x < end; x++)
        *frame++ = saturated(scaled(*x, to_int8), &m->clipped_low, &m->clipped_high);
    return true;
}

bool logmel_pop_q8(logmel *m, int32_t *frame) {
    const int32_t *x = analyse(m);
    if (!x) return false;
    memcpy(frame, x, outputs(m->config) * sizeof *frame);
    return true;
}
