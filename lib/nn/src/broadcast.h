// broadcast.h: walks the outer four sides of a nn_broadcast and hands each innermost row to a function.
#ifndef NN_BROADCAST_H
#define NN_BROADCAST_H

#include "nn/elementwise.h"

typedef void (*nn_row)(const void *layer, uint32_t count, const int8_t *a, uint32_t a_step, const int8_t *b,
                       uint32_t b_step, int8_t *output);

// Elements are `item` bytes each; a row's function gets its pointers as those to bytes.
static inline void nn_broadcast_items(const nn_broadcast *s, uint32_t item, nn_row row, const void *layer,
                                      const int8_t *a, const int8_t *b, int8_t *output) {
    for (uint32_t i = 0; i < s->side[0]; i++) {
        for (uint32_t j = 0; j < s->side[1]; j++) {
            for (uint32_t k = 0; k < s->side[2]; k++) {
                for (uint32_t l = 0; l < s->side[3]; l++, output += item * s->side[4]) {
                    row(layer, s->side[4], a + item * (i * s->a[0] + j * s->a[1] + k * s->a[2] + l * s->a[3]), s->a[4],
                        b + item * (i * s->b[0] + j * s->b[1] + k * s->b[2] + l * s->b[3]), s->b[4], output);
                }
            }
        }
    }
}

static inline void nn_broadcast_rows(const nn_broadcast *s, nn_row row, const void *layer, const int8_t *a,
                                     const int8_t *b, int8_t *output) {
    nn_broadcast_items(s, 1, row, layer, a, b, output);
}

#endif
