#include "nn/copy.h"

static int32_t value(const void *input, uint32_t bytes, uint32_t i) {
    if (bytes == 1) return ((const int8_t *)input)[i];
    return bytes == 2 ? ((const int16_t *)input)[i] : ((const int32_t *)input)[i];
}

void nn_cast(uint32_t count, uint32_t from, uint32_t to, const void *input, void *output) {
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t x = (uint32_t)value(input, from, i);
        if (to == 1)
            ((int8_t *)output)[i] = (int8_t)(uint8_t)x;
        else if (to == 2)
            ((int16_t *)output)[i] = (int16_t)(uint16_t)x;
        else
            ((int32_t *)output)[i] = (int32_t)x;
    }
}
