// softmax.h: softmax on int8 in fixed point; the output has scale 1/256 and zero point -128.
#ifndef NN_SOFTMAX_H
#define NN_SOFTMAX_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint32_t rows;
    uint16_t depth;
    uint16_t steps;             // length of `exponential`, 1..256
    const int32_t *exponential; // exp(-i * scale * beta) in Q0.31, i steps below the row's largest; 0 beyond
} nn_softmax_params;

void nn_softmax(const nn_softmax_params *layer, const int8_t *input, int8_t *output);

// The logarithm of a softmax; the output has scale 1/16 and zero point 127.
typedef struct {
    uint32_t rows;
    uint16_t depth;
    int16_t lowest;             // the largest difference to the maximum that counts, at most 0
    const int32_t *difference;  // [256] of the differences 0, -1, ... -255: Q5.26
    const int32_t *exponential; // [256] of them: Q12.19, 0 where they do not count
    int32_t back_multiplier;    // from Q5.26 to differences, see requantise.h
    int8_t back_shift;
} nn_log_softmax_params;

void nn_log_softmax(const nn_log_softmax_params *layer, const int8_t *input, int8_t *output);

#ifdef __cplusplus
}
#endif
#endif
