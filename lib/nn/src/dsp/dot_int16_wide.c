// Int16 activations and int8 weights with sums of 64 bits: for layers whose weights are too many, or too large, for 32.
#include "../scale_int16.h"
#include "dot_int16.h"

// Both taps of a pair with one channel's weights. The weights are the bytes `place` and `place` + 2 of the word.
static inline int64_t add_pair(int64_t sum, uint32_t taps, uint32_t weights, int place) {
#if NN_DSP
    uint32_t low = (uint32_t)(uint64_t)sum, high = (uint32_t)((uint64_t)sum >> 32), pair;
    if (place == 0) {
        __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(weights));
    } else {
        __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(weights));
    }
    __asm__("smlald %0, %1, %2, %3" : "+r"(low), "+r"(high) : "r"(taps), "r"(pair));
    return (int64_t)((uint64_t)high << 32 | low);
#else
    sum += (int16_t)(taps & 0xFFFF) * (int8_t)(weights >> (8 * place) & 0xFFu);
    return sum + (int16_t)(taps >> 16) * (int8_t)(weights >> (8 * place + 16) & 0xFFu);
#endif
}

static int64_t bias(const int32_t *packed, int c) {
    return (int64_t)((uint64_t)(uint32_t)packed[2 * c + 1] << 32 | (uint32_t)packed[2 * c]);
}

static void four_channels(const int32_t *packed, const uint32_t *taps, uint32_t pairs, int32_t low, int16_t *out) {
    int64_t s0 = bias(packed, 0), s1 = bias(packed, 1), s2 = bias(packed, 2), s3 = bias(packed, 3);
    packed += 8;
    for (; pairs > 0; pairs--, packed += 2, taps += 2) {
        const uint32_t a = (uint32_t)packed[0], b = (uint32_t)packed[1];
        s0 = add_pair(s0, *taps, a, 0);
        s1 = add_pair(s1, *taps, a, 1);
        s2 = add_pair(s2, *taps, b, 0);
        s3 = add_pair(s3, *taps, b, 1);
    }
    const int64_t sums[4] = {s0, s1, s2, s3};
    for (int c = 0; c < 4; c++) {
        const int32_t scaled = nn_scale_wide(sums[c], packed[c + 1], (int)((uint32_t)packed[0] >> (8 * c) & 0xFFu));
        out[c] = (int16_t)nn_clamp(scaled, low, INT16_MAX);
    }
}

void nn_dot_int16_wide_4x2(const nn_dot_pair *job) {
    int16_t *out0 = (int16_t *)(void *)job->out0, *out1 = (int16_t *)(void *)job->out1;
    const uint32_t pairs = (uint32_t)(job->taps_end - job->taps) / 2;
    const int32_t low = job->symmetric ? INT16_MIN : 0;
    for (const int32_t *packed = job->packed; packed != job->packed_end; packed += 8 + 2 * pairs + 5) {
        four_channels(packed, job->taps, pairs, low, out0);
        four_channels(packed, job->taps + 1, pairs, low, out1);
        out0 += 4;
        out1 += 4;
    }
}
