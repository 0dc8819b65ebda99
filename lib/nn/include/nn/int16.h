// int16.h: layers with int16 activations and int8 weights, NHWC. Zero points are 0. No heap, no state.
// The compiler fills the structs; see ml/compiler/operators/int16/.
#ifndef NN_INT16_H
#define NN_INT16_H

#include "nn/conv.h"        // nn_shape
#include "nn/elementwise.h" // nn_add_params
#include "nn/pool.h"        // nn_pool

#ifdef __cplusplus
extern "C" {
#endif

// From a channel's sum to its output. If the model's bias has 64 bits, the sum has 64 bits too and is multiplied by 16
// bits: sum * multiplier / 2^shift, rounded half up. Otherwise the sum wraps at 32 bits and is scaled as in
// requantise.h.
typedef struct {
    const int64_t *bias;        // [channels], or NULL
    const int32_t *narrow_bias; // [channels] where `bias` is NULL
    const int32_t *multiplier;  // [channels], or one for all
    const int8_t *shift;        // likewise
    uint16_t per_channel;       // 1, or 0 where multiplier and shift are one for all
    int16_t min, max;           // of the activation, on the output's scale
} nn_scale_int16;

// A convolution's weights are [out.channels][kernel_height][kernel_width][in.channels / groups]; a depthwise one's are
// [kernel_height][kernel_width][out.channels] and `groups` is not used.
typedef struct {
    nn_shape in, out;
    uint16_t kernel_height, kernel_width;
    uint16_t stride_height, stride_width;
    uint16_t dilation_height, dilation_width;
    uint16_t pad_top, pad_left;
    uint16_t batches, groups;
    const int8_t *weights;
    nn_scale_int16 scale;
} nn_conv_int16;

void nn_conv_2d_int16(const nn_conv_int16 *layer, const int16_t *input, int16_t *output);
void nn_depthwise_conv_2d_int16(const nn_conv_int16 *layer, const int16_t *input, int16_t *output);

typedef struct {
    uint16_t batches, inputs, outputs;
    const int8_t *weights; // [outputs][inputs]
    nn_scale_int16 scale;
} nn_fully_connected_int16_params;

void nn_fully_connected_int16(const nn_fully_connected_int16_params *layer, const int16_t *input, int16_t *output);

void nn_add_int16(const nn_add_params *layer, const int16_t *a, const int16_t *b, int16_t *output);
void nn_mul_int16(const nn_mul_params *layer, const int16_t *a, const int16_t *b, int16_t *output);
void nn_max_pool_int16(const nn_pool *layer, const int16_t *input, int16_t *output);
void nn_average_pool_int16(const nn_pool *layer, const int16_t *input, int16_t *output);
void nn_mean_int16(const nn_mean_params *layer, const int16_t *input, int16_t *output);

// The output has scale 1/32768. Both tables are 513 points over the whole range of an int16.
typedef struct {
    uint32_t rows;
    uint16_t depth;
    int8_t shift;
    int32_t multiplier;         // from a difference of inputs to steps of 10 / 65535, see requantise.h
    const int16_t *exponential; // exp(x), x from -10 to 0, Q0.15
    const int16_t *reciprocal;  // 1 / (1 + x), x from 0 to 1, Q0.15
} nn_softmax_int16_params;

void nn_softmax_int16(const nn_softmax_int16_params *layer, const int16_t *input, int16_t *output);

// From one scale and zero point to another.
typedef struct {
    uint32_t count;
    int16_t input_zero, output_zero;
    int8_t shift;
    int32_t multiplier; // see requantise.h
} nn_quantise_params;

void nn_quantise_int8_to_int16(const nn_quantise_params *layer, const int8_t *input, int16_t *output);
void nn_quantise_int16_to_int8(const nn_quantise_params *layer, const int16_t *input, int8_t *output);
void nn_quantise_int16(const nn_quantise_params *layer, const int16_t *input, int16_t *output);

// RELU, RELU6 and LEAKY_RELU: one factor from 0 on and another below, then held between bounds.
typedef struct {
    uint32_t count;
    int16_t min, max;
    int8_t shift, negative_shift;
    int32_t multiplier, negative_multiplier; // see requantise.h; the one below 0 may be negative itself
} nn_rectify_params;

void nn_rectify_int16(const nn_rectify_params *layer, const int16_t *input, int16_t *output);

// LOGISTIC and TANH on straight lines between 256 points; the output has scale 1/32768. Inputs become
// (x * multiplier + half) >> shift, steps of 1 / 12288.
typedef struct {
    uint32_t count;
    int32_t multiplier; // 1..32767
    int8_t shift;       // 0..31
} nn_curve_params;

void nn_logistic_int16(const nn_curve_params *layer, const int16_t *input, int16_t *output);
void nn_tanh_curve_int16(const nn_curve_params *layer, const int16_t *input, int16_t *output);

#ifdef __cplusplus
}
#endif
#endif
