// packed_apart.h: packed kernels on a part of a layer's output channels, for depthwise_multiplied.c.
#ifndef NN_PACKED_APART_H
#define NN_PACKED_APART_H

#include "nn/packed.h"

// nn_conv_2d_packed with `pitch` bytes from one output pixel to the next, at least out.channels.
void nn_conv_packed_apart(const nn_packed_conv *layer, const int8_t *input, int8_t *output, uint32_t pitch,
                          void *scratch);

#endif
