#include <string.h> // memcpy

#include "nn/recurrent.h"
#include "nn/requantise.h"
#include "sigmoid_int16.h"

static int32_t clamp_16(int32_t x) {
    return nn_clamp(x, INT16_MIN, INT16_MAX);
}

static int32_t dot(const int8_t *weight, const int8_t *value, int32_t count) {
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) sum += weight[i] * value[i];
    return sum;
}

// Q3.12: what a gate's activation is applied to.
static int32_t gate_sum(const nn_lstm_params *layer, const nn_lstm_gate *gate, int32_t unit, const int8_t *input,
                        const int8_t *hidden) {
    const int32_t a = gate->input_bias[unit] + dot(gate->input_weights + unit * layer->inputs, input, layer->inputs);
    const int32_t b = gate->hidden_bias[unit] + dot(gate->hidden_weights + unit * layer->units, hidden, layer->units);
    return clamp_16(clamp_16(nn_requantise(a, gate->input_multiplier, gate->input_shift)) +
                    clamp_16(nn_requantise(b, gate->hidden_multiplier, gate->hidden_shift)));
}

static int32_t product(int32_t a, int32_t b, int32_t multiplier, int shift) {
    return nn_requantise(a * b, multiplier, shift);
}

static int16_t next_cell(const nn_lstm_params *layer, int32_t forget, int32_t cell, int32_t input, int32_t update) {
    const int32_t kept = clamp_16(product(forget, cell, layer->forget_multiplier, layer->forget_shift));
    const int32_t added = clamp_16(product(input, update, layer->update_multiplier, layer->update_shift));
    const int32_t sum = clamp_16(kept + added);
    return (int16_t)(layer->clip ? nn_clamp(sum, -layer->clip, layer->clip) : sum);
}

// The hyperbolic tangent of a cell.
static int32_t cell_tanh(const nn_lstm_params *layer, int32_t cell) {
    const int shift = layer->tanh_shift;
    if (shift >= 0) return nn_tanh_int16(cell * (3 * ((int32_t)1 << shift)));
    return nn_tanh_int16((3 * cell + ((int32_t)1 << (-shift - 1))) >> -shift);
}

static void step(const nn_lstm_params *layer, const int8_t *input, const int8_t *hidden, int16_t *cell,
                 int8_t *output) {
    for (int32_t unit = 0; unit < layer->units; unit++) {
        const int32_t forget = nn_sigmoid_int16(gate_sum(layer, &layer->forget, unit, input, hidden));
        const int32_t in = nn_sigmoid_int16(gate_sum(layer, &layer->input, unit, input, hidden));
        const int32_t update = nn_tanh_int16(3 * gate_sum(layer, &layer->cell, unit, input, hidden));
        const int32_t out = nn_sigmoid_int16(gate_sum(layer, &layer->output, unit, input, hidden));
        cell[unit] = next_cell(layer, forget, cell[unit], in, update);
        const int32_t made = product(cell_tanh(layer, cell[unit]), out, layer->hidden_multiplier, layer->hidden_shift);
        output[unit] = (int8_t)nn_clamp(made + layer->hidden_zero, INT8_MIN, INT8_MAX);
    }
}

void nn_lstm(const nn_lstm_params *layer, const int8_t *input, int8_t *hidden, int16_t *cell, int8_t *output) {
    for (uint32_t batch = 0; batch < layer->batches; batch++, hidden += layer->units, cell += layer->units) {
        for (uint32_t t = 0; t < layer->steps; t++) {
            const uint32_t row = batch * layer->batch_stride + t * layer->step_stride;
            step(layer, input + row * layer->inputs, hidden, cell, output + row * layer->units);
            memcpy(hidden, output + row * layer->units, layer->units); // only now: every gate reads the last step's
        }
    }
}
