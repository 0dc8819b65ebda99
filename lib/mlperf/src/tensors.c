#include "tensors.h"

#include <string.h>

#define MOST_STEPS 1e6f // of the input's scale: far beyond 8 bits, well within 32

static float float_at(const uint8_t *bytes) { // boards are little-endian, and so is the host's data
    float value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static int8_t quantised(const mlperf_config *config, float value) {
    float steps = value / config->input_scale;
    if (!(steps > -MOST_STEPS)) steps = -MOST_STEPS; // what is no number as well
    if (steps > MOST_STEPS) steps = MOST_STEPS;
    const int32_t shifted = (int32_t)(steps + (steps < 0 ? -0.5f : 0.5f)) + config->input_zero;
    return (int8_t)(shifted > 127 ? 127 : shifted < -128 ? -128 : shifted);
}

void load_input(const mlperf_config *config) {
    for (uint32_t i = 0; i < config->model->input_size; i++) {
        if (config->input == MLPERF_INT8) config->loaded[i] = (int8_t)config->buffer[i];
        if (config->input == MLPERF_UINT8) config->loaded[i] = (int8_t)(config->buffer[i] - 128);
        if (config->input == MLPERF_FLOAT32)
            config->loaded[i] = quantised(config, float_at(config->buffer + i * sizeof(float)));
    }
}

float output_value(const mlperf_config *config, uint32_t index) {
    return (float)(config->model->output[index] - config->output_zero) * config->output_scale;
}

static float input_value(const mlperf_config *config, uint32_t index) {
    if (config->input == MLPERF_FLOAT32) return float_at(config->buffer + index * sizeof(float));
    const int32_t value = config->input == MLPERF_UINT8 ? config->buffer[index] - 128 : (int8_t)config->buffer[index];
    return (float)(value - config->input_zero) * config->input_scale;
}

float squared_error(const mlperf_config *config) {
    float sum = 0;
    for (uint32_t i = 0; i < config->model->output_size; i++) {
        const float difference = output_value(config, i) - input_value(config, i);
        sum += difference * difference;
    }
    return sum / (float)config->model->output_size;
}
