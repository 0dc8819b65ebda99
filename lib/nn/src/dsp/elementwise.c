// Sums, products and squared differences of two tensors, with the multiplications of the DSP extension.
#include "../broadcast.h"
#include "scale.h"

// A row by itself has the registers that the loops around it would take.
#define ROW __attribute__((noinline)) static void

static void clamp(int32_t low, int32_t high, uint32_t count, int8_t *output) {
    if (low == INT8_MIN && high == INT8_MAX) return;
    for (uint32_t i = 0; i < count; i++) output[i] = (int8_t)nn_clamp(output[i], low, high);
}

ROW mul_row(const void *params, uint32_t count, const int8_t *a, uint32_t a_step, const int8_t *b, uint32_t b_step,
            int8_t *output) {
    const nn_mul_params p = *(const nn_mul_params *)params; // a copy: the compiler cannot know that `output` spares it
    const int32_t a_zero = p.a_zero, b_zero = p.b_zero, multiplier = p.multiplier;
    const int shift = -p.shift;
    const int32_t offset = nn_settle_offset(p.output_zero, shift);
    for (uint32_t i = 0; i < count; i++, a += a_step, b += b_step) {
        const int32_t product = (*a - a_zero) * (*b - b_zero);
        output[i] = nn_settle(nn_high_of_twice(2 * product, multiplier), offset, shift);
    }
    clamp(p.min, p.max, count, output);
}

void nn_mul_packed(const nn_mul_params *layer, const int8_t *a, const int8_t *b, int8_t *output) {
    nn_broadcast_rows(&layer->shape, mul_row, layer, a, b, output);
}

// An input on the scale of both.
typedef struct {
    int32_t zero, up, multiplier; // up: twice the power of two by which it is raised
    nn_rounding rounding;
} term;

static inline int32_t raised(term t, int32_t x) {
    return nn_round(nn_high_of_twice((x - t.zero) * t.up, t.multiplier), t.rounding);
}

ROW add_row(const void *params, uint32_t count, const int8_t *a, uint32_t a_step, const int8_t *b, uint32_t b_step,
            int8_t *output) {
    const nn_add_params p = *(const nn_add_params *)params;
    const int32_t up = (int32_t)2 << p.left_shift, multiplier = p.output_multiplier;
    const term left = {p.a_zero, up, p.a_multiplier, nn_rounding_of(-p.a_shift)};
    const term right = {p.b_zero, p.sign * up, p.b_multiplier, nn_rounding_of(-p.b_shift)};
    const int shift = -p.output_shift;
    const int32_t offset = nn_settle_offset(p.output_zero, shift);
    for (uint32_t i = 0; i < count; i++, a += a_step, b += b_step) {
        const int32_t sum = raised(left, *a) + raised(right, *b);
        output[i] = nn_settle(nn_high_of_twice(2 * sum, multiplier), offset, shift);
    }
    clamp(p.min, p.max, count, output);
}

void nn_add_packed(const nn_add_params *layer, const int8_t *a, const int8_t *b, int8_t *output) {
    nn_broadcast_rows(&layer->shape, add_row, layer, a, b, output);
}

ROW squared_difference_row(const void *params, uint32_t count, const int8_t *a, uint32_t a_step, const int8_t *b,
                           uint32_t b_step, int8_t *output) {
    const nn_squared_difference_params p = *(const nn_squared_difference_params *)params;
    const int32_t up = (int32_t)2 << NN_SQUARED_DIFFERENCE_UP, multiplier = p.output_multiplier;
    const term left = {p.a_zero, up, p.a_multiplier, nn_rounding_of(-p.a_shift)};
    const term right = {p.b_zero, up, p.b_multiplier, nn_rounding_of(-p.b_shift)};
    const int shift = -p.output_shift;
    const int32_t offset = nn_settle_offset(p.output_zero, shift);
    for (uint32_t i = 0; i < count; i++, a += a_step, b += b_step) {
        const int32_t difference = raised(left, *a) - raised(right, *b);
        output[i] = nn_settle(nn_high_of_twice(2 * difference * difference, multiplier), offset, shift);
    }
}

void nn_squared_difference_packed(const nn_squared_difference_params *layer, const int8_t *a, const int8_t *b,
                                  int8_t *output) {
    nn_broadcast_rows(&layer->shape, squared_difference_row, layer, a, b, output);
}
