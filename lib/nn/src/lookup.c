#include "nn/elementwise.h"

void nn_lookup(const int8_t table[256], uint32_t count, const int8_t *input, int8_t *output) {
    const int8_t *middle = table + 128;
    for (; count >= 4; count -= 4, input += 4, output += 4) { // in place or not: all are read before any is written
        const int8_t a = middle[input[0]], b = middle[input[1]], c = middle[input[2]], d = middle[input[3]];
        output[0] = a;
        output[1] = b;
        output[2] = c;
        output[3] = d;
    }
    for (uint32_t i = 0; i < count; i++) output[i] = middle[input[i]];
}
