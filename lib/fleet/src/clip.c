#include "fleet/clip.h"

#include "fleet/update.h"

static int32_t bounded(int32_t value) {
    return value > FLEET_LARGEST ? FLEET_LARGEST : value < -FLEET_LARGEST ? -FLEET_LARGEST : value;
}

uint32_t fleet_length(const int32_t *value, uint32_t count) {
    uint64_t sum = 0; // at most 2^16 * 2^46
    for (uint32_t i = 0; i < count; i++) {
        const int64_t one = bounded(value[i]);
        sum += (uint64_t)(one * one);
    }
    uint64_t root = 0; // the smallest whose square is not below the sum
    for (uint64_t bit = 1ull << 31; bit; bit >>= 1) {
        if ((root + bit) * (root + bit) <= sum) root += bit;
    }
    return (uint32_t)(root * root < sum ? root + 1 : root);
}

int32_t fleet_clipped(int32_t value, uint32_t length, uint32_t most) {
    const int64_t one = bounded(value);
    return (int32_t)(length > most ? one * (int64_t)most / (int64_t)length : one);
}
