#include "frontend/integer.h"

#include "log2.h"

int32_t log2_q8(uint64_t x) {
    return log2_inline(x | (x == 0));
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
