#include "broadcast.h"
#include "nn/int16.h"
#include "nn/requantise.h"

static int32_t sum_of(const nn_add_params *layer, int32_t a, int32_t b) {
    const int32_t one = (int32_t)1 << layer->left_shift;
    const int32_t left = nn_requantise((a - layer->a_zero) * one, layer->a_multiplier, layer->a_shift);
    const int32_t right = nn_requantise((b - layer->b_zero) * one, layer->b_multiplier, layer->b_shift);
    const int32_t sum = nn_requantise(left + layer->sign * right, layer->output_multiplier, layer->output_shift);
    return nn_clamp(sum + layer->output_zero, layer->min, layer->max);
}

static void add_row(const void *params, uint32_t count, const int8_t *a, uint32_t a_step, const int8_t *b,
                    uint32_t b_step, int8_t *output) {
    const nn_add_params *layer = (const nn_add_params *)params;
    for (uint32_t i = 0; i < count; i++, a += a_step, b += b_step) output[i] = (int8_t)sum_of(layer, *a, *b);
}

static void add_row_int16(const void *params, uint32_t count, const int8_t *a_bytes, uint32_t a_step,
                          const int8_t *b_bytes, uint32_t b_step, int8_t *output_bytes) {
    const nn_add_params *layer = (const nn_add_params *)params;
    const int16_t *a = (const int16_t *)(const void *)a_bytes, *b = (const int16_t *)(const void *)b_bytes;
    int16_t *output = (int16_t *)(void *)output_bytes;
    for (uint32_t i = 0; i < count; i++, a += a_step, b += b_step) output[i] = (int16_t)sum_of(layer, *a, *b);
}

void nn_add(const nn_add_params *layer, const int8_t *a, const int8_t *b, int8_t *output) {
    nn_broadcast_rows(&layer->shape, add_row, layer, a, b, output);
}

void nn_add_int16(const nn_add_params *layer, const int16_t *a, const int16_t *b, int16_t *output) {
    nn_broadcast_items(&layer->shape, sizeof(int16_t), add_row_int16, layer, (const int8_t *)(const void *)a,
                       (const int8_t *)(const void *)b, (int8_t *)(void *)output);
}
