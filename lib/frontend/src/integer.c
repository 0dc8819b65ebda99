#include "frontend/integer.h"

#include "tables.h"

int32_t log2_q8(uint64_t x) {
    const uint32_t upper = (uint32_t)(x >> 32), lower = (uint32_t)x | (x == 0);
    const int zeros = upper ? __builtin_clz(upper) : __builtin_clz(lower);
    const uint32_t mantissa = upper ? (uint32_t)(x << zeros >> 32) : lower << zeros; // 2^31..2^32-1
    const uint32_t entry = log2_table[mantissa >> 26 & 31u], fraction = mantissa >> 10 & 0xFFFFu;
    const uint32_t value = (entry & 0xFFFF0000u) + (entry & 0xFFFFu) * fraction; // Q32
    return ((upper ? 63 - zeros : 31 - zeros) << 8) + (int32_t)(((value >> 23) + 1) >> 1);
}

uint32_t square_root(uint64_t x) {
    uint64_t root = 0, bit = (uint64_t)1 << 62;
    while (bit > x) bit >>= 2;
    for (; bit; bit >>= 2) { // digit by digit: `root` is the root so far, shifted to where the next digit is tried
        const uint64_t trial = root + bit;
        root >>= 1;
        if (x >= trial) x -= trial, root += bit;
    }
    return (uint32_t)root;
}
