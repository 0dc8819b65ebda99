// dot_int16.h: the innermost loops on int16 activations; see packed_int16.h for the layout they read.
#ifndef NN_DOT_INT16_H
#define NN_DOT_INT16_H

#include "dot.h" // nn_dot_pair

// Two pixels times all output channels: `taps` are there already, `symmetric` is 0 where results below 0 become 0 and
// outputs are int16. Sums of 32 or of 64 bits.
void nn_dot_int16_4x2(const nn_dot_pair *job);
void nn_dot_int16_wide_4x2(const nn_dot_pair *job);

// One pixel. The assembler copies the struct to its stack in this order.
typedef struct {
    const int16_t *input;
    const int16_t *input_end; // an even number behind
    int32_t symmetric;
    int16_t *out;
    const int32_t *packed_end;
    const int32_t *packed;
} nn_dot_int16_one;

void nn_dot_int16_4x1(const nn_dot_int16_one *job);

// Byte `i` of a packed word, for the portable bodies.
static inline int32_t nn_byte(int32_t word, int i) {
    return (int8_t)((uint32_t)word >> (8 * i) & 0xFFu);
}

#endif
