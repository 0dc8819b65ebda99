// The sum of two int16 tensors of one shape. Both inputs are brought to twice the larger scale, 15 bits up as in
// TensorFlow Lite Micro: for the input that has it that is a shift, the other takes one multiplication.
#include "dot.h" // NN_DSP
#include "nn/packed_int16.h"
#include "nn/requantise.h"

#if NN_DSP

// (a * b) / 2^32, rounded half up.
static inline int32_t high(int32_t a, int32_t b) {
    int32_t made;
    __asm__("smmulr %0, %1, %2" : "=r"(made) : "r"(a), "r"(b));
    return made;
}

// nn_requantise(x / 2, multiplier, -shift) for shift 1..: a half away from zero is a half up, less one for what is
// negative.
static inline int32_t scaled(int32_t x, int32_t multiplier, int32_t shift) {
    const int32_t once = high(x, multiplier);
    return ((once + (once >> 31) + (int32_t)(UINT32_C(1) << (shift - 1))) >> shift);
}

#else

static inline int32_t scaled(int32_t x, int32_t multiplier, int32_t shift) {
    return nn_requantise(x / 2, multiplier, -shift);
}

#endif

void nn_add_equal_int16(const nn_add_equal_int16_params *layer, const int16_t *large, const int16_t *small,
                        int16_t *output) {
    const nn_add_equal_int16_params p = *layer; // a copy: the compiler cannot know that `output` does not change it
    for (uint32_t i = 0; i < p.count; i++) {
        const int32_t term =
            p.small_shift ? scaled(small[i] * (1 << 16), p.small_multiplier, p.small_shift) : small[i] * (1 << 14);
        const int32_t sum = large[i] * (1 << 14) + term;
        output[i] = (int16_t)nn_clamp(scaled(2 * sum, p.output_multiplier, p.output_shift), p.min, p.max);
    }
}
