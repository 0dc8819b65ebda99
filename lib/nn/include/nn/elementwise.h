// elementwise.h: operators that combine two int8 tensors element by element, or map one through a table.
#ifndef NN_ELEMENTWISE_H
#define NN_ELEMENTWISE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Broadcasting of two tensors: five sides of the output, and the step of each input along each side, in elements; 0
// where an input is repeated.
typedef struct {
    uint32_t side[5];
    uint32_t a[5], b[5];
} nn_broadcast;

// out = requantise(a * scale_a + sign * b * scale_b); sign is 1 for ADD, -1 for SUB.
typedef struct {
    nn_broadcast shape;
    int16_t a_zero, b_zero, output_zero;
    int16_t min, max;
    int8_t left_shift, a_shift, b_shift, output_shift, sign;
    int32_t a_multiplier, b_multiplier, output_multiplier;
} nn_add_params;

void nn_add(const nn_add_params *layer, const int8_t *a, const int8_t *b, int8_t *output);
// The same for an output shift of -1..-22 and input shifts of 0..-22.
void nn_add_packed(const nn_add_params *layer, const int8_t *a, const int8_t *b, int8_t *output);

// The same for inputs of one shape, both 20 bits up, the sum held within -128..127; `large` has the larger scale.
typedef struct {
    uint32_t count; // a multiple of four
    int16_t large_zero, small_zero, output_zero;
    int16_t small_shift, output_shift; // to the right, 1..30 and 1..22
    int32_t small_up;                  // a power of two: what the small input is multiplied by first, doubled
    int32_t small_multiplier, output_multiplier;
} nn_add_equal_params;

void nn_add_equal(const nn_add_equal_params *layer, const int8_t *large, const int8_t *small, int8_t *output);

// out = requantise((a - a_zero) * (b - b_zero))
typedef struct {
    nn_broadcast shape;
    int16_t a_zero, b_zero, output_zero;
    int16_t min, max;
    int8_t shift;
    int32_t multiplier;
} nn_mul_params;

void nn_mul(const nn_mul_params *layer, const int8_t *a, const int8_t *b, int8_t *output);
// The same for a shift of -1..-22.
void nn_mul_packed(const nn_mul_params *layer, const int8_t *a, const int8_t *b, int8_t *output);

// out = requantise((a * scale_a - b * scale_b)^2), both inputs seven bits up.
typedef struct {
    nn_broadcast shape;
    int16_t a_zero, b_zero, output_zero;
    int8_t a_shift, b_shift, output_shift;
    int32_t a_multiplier, b_multiplier, output_multiplier;
} nn_squared_difference_params;

#define NN_SQUARED_DIFFERENCE_UP 7

void nn_squared_difference(const nn_squared_difference_params *layer, const int8_t *a, const int8_t *b, int8_t *output);
// The same for an output shift of -1..-22 and input shifts of 0..-22.
void nn_squared_difference_packed(const nn_squared_difference_params *layer, const int8_t *a, const int8_t *b,
                                  int8_t *output);

// out = requantise(x) from the zero point on, requantise(x * slope) below; slopes have their zero point taken off.
typedef struct {
    nn_broadcast shape; // a: the input, b: the slopes
    int16_t input_zero, slope_zero, output_zero;
    int8_t shift, slope_shift;
    int32_t multiplier, slope_multiplier;
} nn_prelu_params;

void nn_prelu(const nn_prelu_params *layer, const int8_t *input, const int8_t *slope, int8_t *output);

// out = requantise((a - a_zero) / (b - b_zero)); a divisor of 0 gives the bound of the dividend's sign, 0 / 0 real 0.
typedef struct {
    nn_broadcast shape;
    int16_t a_zero, b_zero, output_zero;
    int16_t min, max;
    int8_t shift;
    int32_t multiplier;
    const int32_t *inverse; // [256] of the divisors 0..255: the reciprocal's mantissa, Q0.31
} nn_div_params;

void nn_div(const nn_div_params *layer, const int8_t *a, const int8_t *b, int8_t *output);

// The larger or smaller of two values on the same scale.
void nn_maximum(const nn_broadcast *shape, const int8_t *a, const int8_t *b, int8_t *output);
void nn_minimum(const nn_broadcast *shape, const int8_t *a, const int8_t *b, int8_t *output);

// output[i] = table[input[i] + 128]
void nn_lookup(const int8_t table[256], uint32_t count, const int8_t *input, int8_t *output);

// From uint8 to the int8 that is 128 less, or back. In place or not.
void nn_flip_sign(uint32_t count, const int8_t *input, int8_t *output);

#ifdef __cplusplus
}
#endif
#endif
