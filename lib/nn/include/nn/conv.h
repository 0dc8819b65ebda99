// conv.h: 2-D convolutions on int8, NHWC, weights quantised per output channel. No heap, no state.
// The compiler fills the structs; see operators/convolution.py for what it folds into them.
#ifndef NN_CONV_H
#define NN_CONV_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint16_t height, width, channels;
} nn_shape;

typedef struct {
    nn_shape in, out;
    uint16_t kernel_height, kernel_width;
    uint16_t stride_height, stride_width;
    uint16_t dilation_height, dilation_width;
    uint16_t pad_top, pad_left;
    uint16_t batches;
    int16_t input_zero; // what a tap in the padding counts as
    int16_t output_zero;
    int16_t min, max; // of the activation, on the output's scale
    const int8_t *weights;
    const int32_t *bias;       // [out.channels], with -input_zero * sum of the weights folded in
    const int32_t *multiplier; // [out.channels], see requantise.h
    const int8_t *shift;       // [out.channels]
} nn_conv;

// weights [out.channels][kernel_height][kernel_width][in.channels / groups]; groups divides both channel counts.
typedef struct {
    nn_conv conv;
    uint16_t groups;
} nn_grouped_conv;

void nn_conv_2d(const nn_conv *layer, const int8_t *input, int8_t *output);
void nn_conv_2d_grouped(const nn_grouped_conv *layer, const int8_t *input, int8_t *output);

// weights [kernel_height][kernel_width][out.channels]; out.channels a multiple of in.channels: output channel c reads
// input channel c / (out.channels / in.channels).
void nn_depthwise_conv_2d(const nn_conv *layer, const int8_t *input, int8_t *output);

// Every input pixel is spread over a window of the output, `stride` apart. weights [out.channels][kernel_height]
// [kernel_width][in.channels]; dilation is 1, `pad_top` and `pad_left` are rows and columns of the output's padding.
void nn_transpose_conv(const nn_conv *layer, const int8_t *input, int8_t *output);

#ifdef __cplusplus
}
#endif
#endif
