// integer.h: logarithm and square root in integers.
#ifndef FRONTEND_INTEGER_H
#define FRONTEND_INTEGER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// log2(x) * 256, within 0.6 of the exact value (0.007 dB of a power); x = 0 reads as 1. Table of 32 steps, linear
// between.
int32_t log2_q8(uint64_t x);

// The largest integer whose square is at most x.
uint32_t square_root(uint64_t x);

#ifdef __cplusplus
}
#endif
#endif
