// widen.h: from bytes to the pairs of 16-bit taps that SMLAD multiplies; packed.h has the order.
#ifndef NN_WIDEN_H
#define NN_WIDEN_H

#include <stdint.h>

// Words that a row of `size` taps takes.
static inline uint32_t nn_pairs(uint32_t size) {
    return size / 4u * 2u + (size % 4u + 1u) / 2u;
}

// Rows of bytes, `gap` bytes between the end of one and the start of the next, any alignment; rows and size at least 1.
typedef struct {
    uint32_t rows, size;
    int32_t gap;
    int32_t *sum; // of all taps written, for nn_widen_and_sum
} nn_rows;

// Their taps to every other word of `to`. What fills up a last pair is of no meaning, but counted in the sum.
void nn_widen(const int8_t *from, uint32_t *to, const nn_rows *rows);
// Of two pixels, the second `shift` bytes further; size and shift are multiples of 16, and the shift at most the size.
void nn_widen_two(const int8_t *from, uint32_t *to, const nn_rows *rows, uint32_t shift);
void nn_widen_and_sum(const int8_t *from, uint32_t *to, const nn_rows *rows);

#endif
