#include "nn/pool.h"

// sign 1: the largest; -1: the smallest.
static inline void places(const nn_arg_params *layer, int32_t sign, const int8_t *input, int32_t *output) {
    for (uint32_t outer = 0; outer < layer->outer; outer++, input += layer->depth * layer->inner) {
        for (uint32_t inner = 0; inner < layer->inner; inner++) {
            const int8_t *at = input + inner;
            int32_t best = sign * *at, place = 0;
            for (uint32_t i = 1; i < layer->depth; i++) {
                at += layer->inner;
                if (sign * *at > best) {
                    best = sign * *at;
                    place = (int32_t)i;
                }
            }
            *output++ = place;
        }
    }
}

void nn_arg_max(const nn_arg_params *layer, const int8_t *input, int32_t *output) {
    places(layer, 1, input, output);
}

void nn_arg_min(const nn_arg_params *layer, const int8_t *input, int32_t *output) {
    places(layer, -1, input, output);
}
