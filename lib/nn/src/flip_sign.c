#include "nn/elementwise.h"

#include <string.h> // memcpy

void nn_flip_sign(uint32_t count, const int8_t *input, int8_t *output) {
    const uint32_t signs = UINT32_C(0x80808080);
    for (; count >= 16; count -= 16, input += 16, output += 16) {
        uint32_t words[4];
        memcpy(words, input, sizeof words);
        for (int i = 0; i < 4; i++) words[i] ^= signs;
        memcpy(output, words, sizeof words);
    }
    for (uint32_t i = 0; i < count; i++) output[i] = (int8_t)(input[i] ^ -128);
}
