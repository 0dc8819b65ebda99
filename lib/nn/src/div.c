#include "broadcast.h"
#include "nn/requantise.h"

// Bits of a number below 1024.
static int bits(uint32_t x) {
    int count = 0;
    for (; x; x >>= 1) count++;
    return count;
}

// Both signs of the divisor are the dividend's by then: b is above 0.
static int32_t quotient(const nn_div_params *layer, int32_t a, int32_t b) {
    const int room = a >= 0 ? 31 - bits((uint32_t)a) : 32 - bits(2u * (0u - (uint32_t)a) - 1u);
    const int32_t scaled = nn_high_mul((int32_t)((uint32_t)a << room), layer->inverse[b]);
    const int shift = layer->shift - (bits((uint32_t)b) - 1) - room; // at most 0
    return shift < -31 ? 0 : nn_requantise(scaled, layer->multiplier, shift);
}

static void div_row(const void *params, uint32_t count, const int8_t *a, uint32_t a_step, const int8_t *b,
                    uint32_t b_step, int8_t *output) {
    const nn_div_params *layer = (const nn_div_params *)params;
    for (uint32_t i = 0; i < count; i++, a += a_step, b += b_step) {
        const int32_t x = *a - layer->a_zero, y = *b - layer->b_zero;
        const int32_t far = x > 0 ? 512 : x < 0 ? -512 : 0; // beyond any bound
        const int32_t made = y == 0 ? far : y > 0 ? quotient(layer, x, y) : quotient(layer, -x, -y);
        output[i] = (int8_t)nn_clamp(made + layer->output_zero, layer->min, layer->max);
    }
}

void nn_div(const nn_div_params *layer, const int8_t *a, const int8_t *b, int8_t *output) {
    nn_broadcast_rows(&layer->shape, div_row, layer, a, b, output);
}
