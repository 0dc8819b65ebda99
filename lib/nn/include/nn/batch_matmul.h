// batch_matmul.h: products of two int8 matrices that are both made at run time, one for each batch. No heap, no state.
#ifndef NN_BATCH_MATMUL_H
#define NN_BATCH_MATMUL_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// out[row][column] = sum over k of a[row][k] * b[k][column]. Steps are in elements, so that either matrix may be
// transposed, and repeated over batches with a step of 0.
typedef struct {
    uint16_t batches[3];
    uint32_t a_batch[3], b_batch[3];
    uint16_t rows, depth, columns;
    uint32_t a_row, a_depth, b_depth, b_column;
    int16_t a_zero, b_zero, output_zero;
    int8_t shift;
    int32_t multiplier; // see requantise.h
} nn_batch_matmul_params;

void nn_batch_matmul(const nn_batch_matmul_params *layer, const int8_t *a, const int8_t *b, int8_t *output);

// The same, two rows by four columns a turn. The shift is -1..-16, the depth at most 16384.
typedef struct {
    nn_batch_matmul_params product;
    uint16_t
        block; // columns of b that are widened at a time, a multiple of four; all rows of a are read for each block
} nn_packed_matmul;

// With `pairs` of depth in two (see packed.h), scratch: 8 * pairs + 4 * (pairs + 1) * block bytes, aligned to 4.
void nn_batch_matmul_packed(const nn_packed_matmul *layer, const int8_t *a, const int8_t *b, int8_t *output,
                            void *scratch);

#ifdef __cplusplus
}
#endif
#endif
