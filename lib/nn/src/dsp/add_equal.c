// The sum of two tensors of one shape, four values a turn. Both inputs are brought to twice the larger scale, 20 bits
// up as in TensorFlow Lite Micro: for the input that has it that is a shift, the other takes one multiplication.
#include "dot.h" // NN_DSP
#include "nn/elementwise.h"
#include "nn/requantise.h"

#if NN_DSP

// Registers: r0 large, r1 small, r2 output, r3 end of small; r4 and r5 raise the small input, r6 its multiplier, r7 its
// shift less one, r8 the large input's zero point, r9 r10 r11 multiplier, rounding and shift of the sum.
// Both roundings add -1 to what is negative; the first is (x >> (shift - 1)) + 1 without its lowest bit, twice the
// term.
// Results below an output zero point of -128 are cut off, so the second rounding needs no such term there.
#define TO_SUM                                                                                                         \
    "ldrsb r12, [r1], #1\n ldrsb lr, [r0], #1\n mla r12, r12, r4, r5\n"                                                \
    "smmulr r12, r12, r6\n add r12, r12, r12, asr #31\n asr r12, r12, r7\n add r12, r12, #1\n bic r12, r12, #1\n"      \
    "add lr, r8, lr, lsl #20\n add r12, r12, lr\n"
#define TO_BYTE "asr r12, r12, r11\n ssat r12, #8, r12\n strb r12, [r2], #1\n"
#define ONE     TO_SUM "smmulr r12, r12, r9\n add r12, r12, r12, asr #31\n add r12, r12, r10\n" TO_BYTE
#define ONE_CUT TO_SUM "smmlar r12, r12, r9, r10\n" TO_BYTE

typedef struct {
    const int8_t *end;
    int32_t up, down, multiplier, shift, large_offset, output_multiplier, output_half, output_shift;
} constants;

__attribute__((naked, noinline)) static void add_all(__attribute__((unused)) const int8_t *large,
                                                     __attribute__((unused)) const int8_t *small,
                                                     __attribute__((unused)) int8_t *output,
                                                     __attribute__((unused)) const constants *job) {
    __asm__ volatile("push {r4-r11, lr}\n ldmia r3, {r3-r11}\n"
                     "1:\n" ONE ONE ONE ONE "cmp r1, r3\n bne.w 1b\n"
                     "pop {r4-r11, pc}\n");
}

__attribute__((naked, noinline)) static void add_all_cut(__attribute__((unused)) const int8_t *large,
                                                         __attribute__((unused)) const int8_t *small,
                                                         __attribute__((unused)) int8_t *output,
                                                         __attribute__((unused)) const constants *job) {
    __asm__ volatile("push {r4-r11, lr}\n ldmia r3, {r3-r11}\n"
                     "1:\n" ONE_CUT ONE_CUT ONE_CUT ONE_CUT "cmp r1, r3\n bne.w 1b\n"
                     "pop {r4-r11, pc}\n");
}

void nn_add_equal(const nn_add_equal_params *layer, const int8_t *large, const int8_t *small, int8_t *output) {
    const constants job = {.end = small + layer->count,
                           .up = layer->small_up,
                           .down = -layer->small_zero * layer->small_up,
                           .multiplier = layer->small_multiplier,
                           .shift = layer->small_shift - 1,
                           .large_offset = -layer->large_zero * ((int32_t)1 << 20),
                           .output_multiplier = layer->output_multiplier,
                           .output_half = (2 * layer->output_zero + 1) * ((int32_t)1 << (layer->output_shift - 1)),
                           .output_shift = layer->output_shift};
    (layer->output_zero == -128 ? add_all_cut : add_all)(large, small, output, &job);
}

#else

void nn_add_equal(const nn_add_equal_params *layer, const int8_t *large, const int8_t *small, int8_t *output) {
    const nn_add_equal_params p = *layer; // a copy: the compiler cannot know that `output` does not change it
    for (uint32_t i = 0; i < p.count; i++) {
        const int32_t raised = (small[i] - p.small_zero) * (p.small_up / 2);
        const int32_t term = nn_requantise(raised, p.small_multiplier, -p.small_shift);
        const int32_t sum = (large[i] - p.large_zero) * ((int32_t)1 << 19) + term;
        const int32_t scaled = nn_requantise(sum, p.output_multiplier, -p.output_shift) + p.output_zero;
        output[i] = (int8_t)nn_clamp(scaled, -128, 127);
    }
}

#endif
