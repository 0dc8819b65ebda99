#include "nn/copy.h"

#include <string.h> // memmove, memset

void nn_copy(const nn_copy_plan *plan, const void *input, void *output) {
    const uint16_t *side = plan->side;
    const int32_t *f = plan->from, *t = plan->to;
    const char *from = (const char *)input + plan->from_start;
    char *to = (char *)output + plan->to_start;
    for (int32_t i = 0; i < side[0]; i++) {
        for (int32_t j = 0; j < side[1]; j++) {
            for (int32_t k = 0; k < side[2]; k++) {
                for (int32_t l = 0; l < side[3]; l++) {
                    for (int32_t m = 0; m < side[4]; m++) {
                        memmove(to + (i * t[0] + j * t[1] + k * t[2] + l * t[3] + m * t[4]),
                                from + (i * f[0] + j * f[1] + k * f[2] + l * f[3] + m * f[4]), plan->run);
                    }
                }
            }
        }
    }
}

void nn_fill(void *output, int8_t value, uint32_t count) {
    memset(output, value, count);
}
