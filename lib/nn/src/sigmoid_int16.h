// sigmoid_int16.h: logistic function and hyperbolic tangent on Q3.12, both Q0.15, by straight lines between 256 points.
#ifndef NN_SIGMOID_INT16_H
#define NN_SIGMOID_INT16_H

#include <stdint.h>

// s(i / 24) for s(x) = 2^16 / (1 + exp(-x)), raised by half of what a straight line to the next point would miss in the
// middle, and rounded; the last is 65535, as beyond.
extern const uint16_t nn_sigmoid_table[256];

int32_t nn_sigmoid_int16(int32_t x); // x: Q3.12
// x: input scaled so that 3 * 2^12 is 1, that is three times Q3.12
int32_t nn_tanh_int16(int32_t x);

#endif
