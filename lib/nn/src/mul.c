#include "broadcast.h"
#include "nn/int16.h"
#include "nn/requantise.h"

static void mul_row(const void *params, uint32_t count, const int8_t *a, uint32_t a_step, const int8_t *b,
                    uint32_t b_step, int8_t *output) {
    const nn_mul_params *layer = (const nn_mul_params *)params;
    for (uint32_t i = 0; i < count; i++, a += a_step, b += b_step) {
        const int32_t product = (*a - layer->a_zero) * (*b - layer->b_zero);
        const int32_t scaled = nn_rescale(product, layer->multiplier, layer->shift, layer->output_zero);
        output[i] = (int8_t)nn_clamp(scaled, layer->min, layer->max);
    }
}

void nn_mul(const nn_mul_params *layer, const int8_t *a, const int8_t *b, int8_t *output) {
    nn_broadcast_rows(&layer->shape, mul_row, layer, a, b, output);
}

static void mul_row_int16(const void *params, uint32_t count, const int8_t *a_bytes, uint32_t a_step,
                          const int8_t *b_bytes, uint32_t b_step, int8_t *output_bytes) {
    const nn_mul_params *layer = (const nn_mul_params *)params;
    const int16_t *a = (const int16_t *)(const void *)a_bytes, *b = (const int16_t *)(const void *)b_bytes;
    int16_t *output = (int16_t *)(void *)output_bytes;
    for (uint32_t i = 0; i < count; i++, a += a_step, b += b_step) {
        const int32_t scaled = nn_requantise((int32_t)*a * *b, layer->multiplier, layer->shift);
        output[i] = (int16_t)nn_clamp(scaled, layer->min, layer->max);
    }
}

void nn_mul_int16(const nn_mul_params *layer, const int16_t *a, const int16_t *b, int16_t *output) {
    nn_broadcast_items(&layer->shape, sizeof(int16_t), mul_row_int16, layer, (const int8_t *)(const void *)a,
                       (const int8_t *)(const void *)b, (int8_t *)(void *)output);
}
