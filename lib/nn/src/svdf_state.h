// svdf_state.h: SVDF for one type of state. svdf.c defines NN_STATE (int16_t or int8_t) and the NN_SVDF functions'
// names and includes this once for each; there is no include guard.

// Moves a filter's memory on by one step and returns the weighted sum of what it holds then, modulo 2^32.
static uint32_t NN_SVDF(remember)(const nn_svdf_params *layer, int32_t filter, NN_STATE newest, NN_STATE *memory) {
    const NN_STATE *weight = (const NN_STATE *)layer->time_weights + filter * layer->memory;
    const int32_t last = layer->memory - 1;
    uint32_t sum = 0; // wraps
    for (int32_t i = 0; i < last; i++) {
        memory[i] = memory[i + 1];
        sum += (uint32_t)(weight[i] * memory[i]);
    }
    memory[last] = newest;
    return sum + (uint32_t)(weight[last] * newest);
}

void NN_SVDF(nn_svdf)(const nn_svdf_params *layer, const int8_t *input, NN_STATE *state, int8_t *output) {
    for (int32_t batch = 0; batch < layer->batches; batch++, input += layer->inputs) {
        for (int32_t filter = 0, unit = 0; filter < layer->filters; unit++) {
            uint32_t sum = (uint32_t)layer->bias[unit];
            for (int32_t rank = 0; rank < layer->rank; rank++, filter++, state += layer->memory) {
                const int32_t newest = nn_clamp(feature(layer, filter, input), NN_STATE_MIN, NN_STATE_MAX);
                // TFLM adds the zero point to what is clamped already, and it may wrap.
                sum += NN_SVDF(remember)(layer, filter, (NN_STATE)(newest + layer->state_zero), state);
            }
            const int32_t scaled = nn_requantise((int32_t)sum, layer->output_multiplier, layer->output_shift);
            *output++ = (int8_t)nn_clamp(scaled + layer->output_zero, INT8_MIN, INT8_MAX);
        }
    }
}
