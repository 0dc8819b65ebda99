#include "frontend/fft.h"

#include "pair.h"

int fft_real(const fft_plan *plan, uint32_t *samples, uint32_t *bins) {
    const uint32_t words = plan->size / 2u;
    uint32_t magnitude = 0;
    for (uint32_t i = 0; i < words; i++) magnitude |= pair_magnitude(samples[i]);
    const int up = pair_headroom(magnitude);
    for (uint32_t i = 0; i < words; i++) {
        const uint32_t x = samples[i];
        samples[i] = up < 0 ? pair_add_half(x, 0) : pair_of(pair_low(x) * (1 << up), pair_high(x) * (1 << up));
    }
    return fft_transform(plan, samples, bins) - up;
}
