// fully_connected.h: a matrix times a vector on int8, one weight scale for the whole matrix. No heap, no state.
#ifndef NN_FULLY_CONNECTED_H
#define NN_FULLY_CONNECTED_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint16_t batches;
    uint16_t inputs, outputs;
    int16_t output_zero;
    int16_t min, max; // of the activation, on the output's scale
    int8_t shift;
    int32_t multiplier;    // see requantise.h
    const int8_t *weights; // [outputs][inputs]
    const int32_t *bias;   // [outputs], with -input zero * sum of the weights folded in
} nn_fully_connected_params;

void nn_fully_connected(const nn_fully_connected_params *layer, const int8_t *input, int8_t *output);

#ifdef __cplusplus
}
#endif
#endif
