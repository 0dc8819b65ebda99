// recurrent.h: layers that keep state from one inference to the next: SVDF and LSTM. The caller owns the state and puts
// it to its zero points before the first inference. No heap.
#ifndef NN_RECURRENT_H
#define NN_RECURRENT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A filter's weights over features, and over the last `memory` results of that: Nakkiran et al., "Compressing deep
// neural networks using a rank-constrained topology", 2015. A unit is the sum of `rank` filters.
typedef struct {
    uint16_t batches, inputs;
    uint16_t filters, memory, rank; // rank divides filters
    int16_t state_zero, output_zero;
    int8_t feature_shift, output_shift;
    int32_t feature_multiplier, output_multiplier; // see requantise.h
    const int8_t *feature_weights;                 // [filters][inputs]
    const int32_t *feature_bias;                   // [filters]: -input zero * sum of the weights
    const void *time_weights;                      // [filters][memory], of the state's type
    const int32_t *bias; // [filters / rank], with -state zero * sum of the time weights folded in
} nn_svdf_params;

// state [batches][filters][memory], oldest first.
void nn_svdf(const nn_svdf_params *layer, const int8_t *input, int16_t *state, int8_t *output);
void nn_svdf_int8(const nn_svdf_params *layer, const int8_t *input, int8_t *state, int8_t *output);

// One of the four gates. Its two sums are scaled to Q3.12 apart from each other and then added.
typedef struct {
    const int8_t *input_weights;                 // [units][inputs]
    const int8_t *hidden_weights;                // [units][units]
    const int32_t *input_bias;                   // [units], with -input zero * sum of the weights folded in
    const int32_t *hidden_bias;                  // [units]: -hidden zero * sum of the weights
    int32_t input_multiplier, hidden_multiplier; // see requantise.h
    int8_t input_shift, hidden_shift;
} nn_lstm_gate;

// Hochreiter and Schmidhuber, "Long short-term memory", 1997, with forget gates; no peepholes, no projection. Gates and
// what they make are Q0.15.
typedef struct {
    uint16_t batches, steps, inputs, units;
    uint32_t batch_stride, step_stride; // in rows of `inputs` and `units`: how far the next batch and step are
    nn_lstm_gate input, forget, cell, output;
    int32_t forget_multiplier, update_multiplier, hidden_multiplier; // forget * cell, input * update, output * tanh
    int8_t forget_shift, update_shift, hidden_shift;
    int8_t tanh_shift; // from the cell's scale to Q3.12: left where positive
    int16_t hidden_zero;
    int16_t clip; // of the cell; 0 for none
} nn_lstm_params;

// hidden [batches][units], cell [batches][units].
void nn_lstm(const nn_lstm_params *layer, const int8_t *input, int8_t *hidden, int16_t *cell, int8_t *output);

#ifdef __cplusplus
}
#endif
#endif
