// pool.h: pooling and means on int8, NHWC. No heap, no state.
#ifndef NN_POOL_H
#define NN_POOL_H

#include "nn/conv.h" // nn_shape

#ifdef __cplusplus
extern "C" {
#endif

// Input and output share scale and zero point; cells of a window outside the image are left out.
typedef struct {
    nn_shape in, out;
    uint16_t kernel_height, kernel_width;
    uint16_t stride_height, stride_width;
    uint16_t pad_top, pad_left;
    uint16_t batches;
    int16_t min, max;
} nn_pool;

void nn_max_pool(const nn_pool *layer, const int8_t *input, int8_t *output);
// One window over the whole image, at most 65535 pixels: [channels] averages.
void nn_average_pool_all(const nn_pool *layer, const int8_t *input, int8_t *output);
void nn_average_pool(const nn_pool *layer, const int8_t *input, int8_t *output);

// The mean over one or two groups of neighbouring axes: the input is
// [kept[0]][reduced[0]][kept[1]][reduced[1]][kept[2]].
typedef struct {
    uint16_t kept[3], reduced[2];
    int16_t output_zero;
    int32_t offset;     // -input zero * reduced[0] * reduced[1]
    int32_t multiplier; // holds 1 / (reduced[0] * reduced[1]) too
    int8_t shift;
} nn_mean_params;

void nn_mean(const nn_mean_params *layer, const int8_t *input, int8_t *output);

// The largest value over such groups of axes; input and output share scale and zero point.
typedef struct {
    uint16_t kept[3], reduced[2];
} nn_reduction;

void nn_reduce_max(const nn_reduction *layer, const int8_t *input, int8_t *output);

// The place of the largest or smallest of `depth` values, the first of equals: input [outer][depth][inner], output
// [outer][inner].
typedef struct {
    uint32_t outer, depth, inner;
} nn_arg_params;

void nn_arg_max(const nn_arg_params *layer, const int8_t *input, int32_t *output);
void nn_arg_min(const nn_arg_params *layer, const int8_t *input, int32_t *output);

#ifdef __cplusplus
}
#endif
#endif
