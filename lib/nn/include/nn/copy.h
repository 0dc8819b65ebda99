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

// Rows of a table, by number: input [outer][rows][run], output [outer][count][run]. A number outside 0..rows - 1 takes
// the nearest row.
typedef struct {
    uint32_t outer, rows, count;
    uint32_t run; // bytes
} nn_gather_params;

void nn_gather(const nn_gather_params *layer, const int8_t *input, const int32_t *numbers, int8_t *output);

// Integers of another type, the low bits of those that do not fit; bytes of a value 1, 2 or 4.
void nn_cast(uint32_t count, uint32_t from, uint32_t to, const void *input, void *output);

#ifdef __cplusplus
}
#endif
#endif
