// copy.h: moves blocks of bytes between tensors: padding, concatenation, slices, transposition.
#ifndef NN_COPY_H
#define NN_COPY_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Runs of `run` bytes over five loops, outermost first, with a stride in bytes on either side of the copy.
typedef struct {
    uint16_t side[5];
    int32_t from[5], to[5];
    int32_t from_start, to_start;
    uint32_t run;
} nn_copy_plan;

void nn_copy(const nn_copy_plan *plan, const void *input, void *output);
void nn_fill(void *output, int8_t value, uint32_t count);

#ifdef __cplusplus
}
#endif
#endif
