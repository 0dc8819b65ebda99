// dot_int4.h: the innermost loops on weights of four bits; see packed_int4.h for the layout they read.
#ifndef NN_DOT_INT4_H
#define NN_DOT_INT4_H

#include "dot.h" // nn_dot_pair

// As nn_dot_4x2, with `packed` in four bits.
void nn_dot_int4_4x2(const nn_dot_pair *job);

// One pixel of plain bytes, a multiple of four. The assembler copies the struct to its stack in this order.
typedef struct {
    const int8_t *input;
    const int8_t *input_end;
    int32_t centre;    // as nn_dot_pair's
    int32_t symmetric; // likewise; 2 where `scales` holds shifts of 0 or to the left
    int8_t *out;
    const int32_t *packed_end;
    const int32_t *scales; // shifts and four multipliers for all channels; NULL: they stand behind each block's weights
    const int32_t *packed;
} nn_dot_int4_one;

void nn_dot_int4_4x1(const nn_dot_int4_one *job);

#endif
