// resize.h: gives an image another size: from the nearest pixel, or from four between straight lines. int8, NHWC.
#ifndef NN_RESIZE_H
#define NN_RESIZE_H

#include "nn/conv.h" // nn_shape

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    nn_shape in, out;
    uint16_t batches;
    const uint16_t *rows, *columns; // of the input, one for each row and column of the output
} nn_resize_params;

void nn_resize_nearest(const nn_resize_params *layer, const int8_t *input, int8_t *output);

// Where an output row or column lies: between input `low` and `high`, `share` / 1024 of the way.
typedef struct {
    uint16_t low, high, share;
} nn_between;

typedef struct {
    nn_shape in, out;
    uint16_t batches;
    const nn_between *rows, *columns; // one for each row and column of the output
} nn_bilinear_params;

void nn_resize_bilinear(const nn_bilinear_params *layer, const int8_t *input, int8_t *output);

#ifdef __cplusplus
}
#endif
#endif
