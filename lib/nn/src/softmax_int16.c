#include "fixed_point.h"
#include "nn/int16.h"

// A table of 513 points at `at`, -32768..32767 over the whole of it.
static int32_t between(const int16_t *table, int32_t at) {
    const int16_t *low = table + 256 + (at >> 7);
    return low[0] + (((low[1] - low[0]) * (at & 0x7F) + 64) >> 7);
}

static int32_t largest_of(const int16_t *row, int32_t depth) {
    int32_t largest = row[0];
    for (int32_t i = 1; i < depth; i++) largest = row[i] > largest ? row[i] : largest;
    return largest;
}

// exp(x) in Q0.15 for x <= 0 in steps of the input.
static int16_t exponential(const nn_softmax_int16_params *layer, int32_t x) {
    const int32_t steps = nn_requantise(x, layer->multiplier, layer->shift);
    return (int16_t)between(layer->exponential, nn_clamp(steps + INT16_MAX, INT16_MIN, INT16_MAX));
}

static void softmax_row(const nn_softmax_int16_params *layer, const int16_t *row, int16_t *output) {
    const int32_t largest = largest_of(row, layer->depth);
    int32_t sum = 0; // Q16.15
    for (int32_t i = 0; i < layer->depth; i++) {
        output[i] = exponential(layer, row[i] - largest);
        sum += output[i];
    }
    const int zeros = nn_leading_zeros((uint32_t)sum);
    // The sum's leading bits as 1 + x, x in 0..1 over the range of an int16.
    const int32_t lead = (int32_t)((((int64_t)sum << (zeros - 1)) + (1 << 13)) >> 14);
    const int32_t x = nn_clamp(lead - 65536 - 32768, INT16_MIN, INT16_MAX);
    const int32_t reciprocal = between(layer->reciprocal, x);
    const int shift = 31 - zeros;
    for (int32_t i = 0; i < layer->depth; i++) {
        const int32_t part = (output[i] * reciprocal + ((int32_t)1 << (shift - 1))) >> shift;
        output[i] = (int16_t)nn_clamp(part, 0, INT16_MAX);
    }
}

void nn_softmax_int16(const nn_softmax_int16_params *layer, const int16_t *input, int16_t *output) {
    for (uint32_t row = 0; row < layer->rows; row++) {
        softmax_row(layer, input + row * layer->depth, output + row * layer->depth);
    }
}
