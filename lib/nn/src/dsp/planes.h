// planes.h: a strip of an image taken apart into channels, for the 3x3 depthwise kernel.
//
// A word holds two neighbouring columns of one channel: plane[pair of columns][row][channel], with eight rows and four
// channels, so that every distance is a constant.
#ifndef NN_PLANES_H
#define NN_PLANES_H

#include <stdint.h>

#define NN_PLANE_ROWS     8
#define NN_PLANE_CHANNELS 4
#define NN_PLANE_PAIR     (NN_PLANE_ROWS * NN_PLANE_CHANNELS) // words from a pair of columns to the next

// The four channels of a strip of output rows. The assembler copies the struct to its stack in this order.
typedef struct {
    const uint32_t *plane;
    const int32_t *packed; // five words a channel, see nn_packed_depthwise
    int8_t *out;
    uint32_t column_step; // bytes from one output column to the next
    uint32_t row_step;    // bytes from one output row to the next
    uint32_t rows;        // of the output, at least 1
    uint32_t columns;     // of the output
    int32_t centre;       // 2 * output zero point + 1
} nn_plane_job;

void nn_depthwise_3x3_stride_1(const nn_plane_job *job);
void nn_depthwise_3x3_stride_2(const nn_plane_job *job);

#endif
