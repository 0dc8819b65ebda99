#include "nn/batch_matmul.h"

#include "nn/requantise.h"

static int8_t element(const nn_batch_matmul_params *layer, const int8_t *row, const int8_t *column) {
    int32_t sum = 0;
    for (uint32_t k = 0; k < layer->depth; k++) {
        sum += (row[k * layer->a_depth] - layer->a_zero) * (column[k * layer->b_depth] - layer->b_zero);
    }
    const int32_t scaled = nn_requantise(sum, layer->multiplier, layer->shift);
    return (int8_t)nn_clamp(scaled + layer->output_zero, INT8_MIN, INT8_MAX);
}

static int8_t *multiply(const nn_batch_matmul_params *layer, const int8_t *a, const int8_t *b, int8_t *output) {
    for (uint32_t row = 0; row < layer->rows; row++) {
        for (uint32_t column = 0; column < layer->columns; column++) {
            *output++ = element(layer, a + row * layer->a_row, b + column * layer->b_column);
        }
    }
    return output;
}

void nn_batch_matmul(const nn_batch_matmul_params *layer, const int8_t *a, const int8_t *b, int8_t *output) {
    const uint32_t *p = layer->a_batch, *q = layer->b_batch;
    for (uint32_t i = 0; i < layer->batches[0]; i++) {
        for (uint32_t j = 0; j < layer->batches[1]; j++) {
            for (uint32_t k = 0; k < layer->batches[2]; k++) {
                output =
                    multiply(layer, a + (i * p[0] + j * p[1] + k * p[2]), b + (i * q[0] + j * q[1] + k * q[2]), output);
            }
        }
    }
}
