// packed_conv.h: what convolutions on packed weights have in common, however the weights are packed.
#ifndef NN_PACKED_CONV_H
#define NN_PACKED_CONV_H

#include "dot.h"
#include "nn/packed.h"
#include "widen.h"

// What activations are, how four output channels are packed, and who multiplies them.
typedef struct {
    void (*dot)(const nn_dot_pair *job);
    void (*widen)(const int8_t *from, uint32_t *to, const nn_rows *rows);                     // sizes and gaps in bytes
    void (*widen_two)(const int8_t *from, uint32_t *to, const nn_rows *rows, uint32_t shift); // or NULL: one by one
    void (*clamp)(const nn_packed_conv *layer, int8_t *out); // one pixel, to the layer's min and max
    uint32_t block;                                          // words of four channels
    uint32_t row_pairs;                                      // of taps in a row of the window
    int32_t symmetric;                                       // the job's
    uint16_t item;                                           // bytes of an activation
    uint32_t pitch;                                          // bytes from one output pixel to the next
} nn_conv_form;

// The form of int8 activations; `dot`, `widen` and `block` belong to the packing.
nn_conv_form nn_conv_form_int8(const nn_packed_conv *layer);

// Gathers the taps of two pixels after the other and hands them to `form->dot`. Scratch as in packed.h.
void nn_conv_2d_pairs(const nn_packed_conv *layer, const nn_conv_form *form, const int8_t *input, int8_t *output,
                      void *scratch);

// nn_conv_2d_packed with `pitch` bytes from one output pixel to the next, at least out.channels.
void nn_conv_packed_apart(const nn_packed_conv *layer, const int8_t *input, int8_t *output, uint32_t pitch,
                          void *scratch);

#endif
