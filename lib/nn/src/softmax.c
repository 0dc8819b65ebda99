#include "nn/softmax.h"

#include "fixed_point.h"

static int32_t largest_of(const int8_t *row, int32_t depth) {
    int32_t largest = row[0];
    for (int32_t i = 1; i < depth; i++) largest = row[i] > largest ? row[i] : largest;
    return largest;
}

static int32_t exponential(const nn_softmax_params *layer, int32_t below) {
    return below < layer->steps ? layer->exponential[below] : 0;
}

// x / 2^shift, rounded half up; x at least 0, shift 1..31.
static int32_t divided(int32_t x, int shift) {
    return (int32_t)(((uint32_t)x + (UINT32_C(1) << (shift - 1))) >> shift);
}

static void softmax_row(const nn_softmax_params *layer, const int8_t *row, int8_t *output) {
    const int32_t largest = largest_of(row, layer->depth);
    uint32_t sum = 0; // Q12.19; the largest one, of 4096 equal values, is 2^31
    for (int32_t i = 0; i < layer->depth; i++) sum += (uint32_t)divided(exponential(layer, largest - row[i]), 12);
    const int zeros = nn_leading_zeros(sum);
    const int32_t scale = nn_one_over_one_plus((int32_t)((sum << zeros) - UINT32_C(0x80000000)));
    const int shift = 12 - zeros + 31 - 8;
    for (int32_t i = 0; i < layer->depth; i++) {
        const int32_t part = nn_high_mul(scale, exponential(layer, largest - row[i]));
        // Less than 2^31 shifted by 32 and more, as 512 equal values need, is less than a half.
        const int32_t steps = shift > 31 ? 0 : divided(part, shift);
        output[i] = (int8_t)nn_clamp(steps - 128, INT8_MIN, INT8_MAX);
    }
}

void nn_softmax(const nn_softmax_params *layer, const int8_t *input, int8_t *output) {
    for (uint32_t row = 0; row < layer->rows; row++) {
        softmax_row(layer, input + row * layer->depth, output + row * layer->depth);
    }
}
