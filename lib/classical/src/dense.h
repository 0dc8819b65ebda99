// dense.h: what several models are made of.
#ifndef CLASSICAL_SRC_DENSE_H
#define CLASSICAL_SRC_DENSE_H

#include "classical/dense.h"

// `weights`, -127..127, in CLASSICAL_TABLE. Two products fit the 16 bits that int may have.
static inline int32_t classical_dot(const int8_t *weights, const int8_t *x, uint8_t count) {
    const uint8_t *at = (const uint8_t *)weights;
    int32_t sum = 0;
    for (; count >= 2; count = (uint8_t)(count - 2)) {
        int16_t two = (int16_t)((int8_t)classical_next(&at) * *x++);
        two = (int16_t)(two + (int8_t)classical_next(&at) * *x++);
        sum += two;
    }
    return count ? sum + (int16_t)((int8_t)classical_next(&at) * *x) : sum;
}

void classical_layer_run(const classical_layer *layer, const int8_t *x, int8_t *out);

#endif
