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

// From a channel's sum to its output. Sums are 64 bits wide where the model's bias is, and are then multiplied by 16
// bits: sum * multiplier / 2^shift, rounded half up. Otherwise they wrap at 32 bits and are scaled as requantise.h
// does.
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

#ifdef __cplusplus
}
#endif
#endif
