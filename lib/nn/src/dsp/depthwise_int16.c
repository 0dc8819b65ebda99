// Depthwise convolution on int16 activations with any window, four channels at a time. Padding counts as 0, so a window
// that leaves the image is a smaller window: the same loop on fewer taps.
#include "dot.h"       // NN_DSP
#include "dot_int16.h" // nn_byte
#include "nn/packed_int16.h"
#include "nn/requantise.h"

#define CHANNELS 4

// All channels of one output pixel. The assembler copies the struct to its stack in this order.
typedef struct {
    const int8_t *x; // the first tap inside the image
    const int32_t *packed;
    int16_t *out;
    uint32_t groups;  // of four channels
    uint32_t along;   // taps of a row of the window that lie inside
    uint32_t step;    // bytes from one to the next
    uint32_t across;  // rows that lie inside, at least 1 where there are taps
    int32_t skip;     // bytes from behind one of those rows to the next
    int32_t weights;  // bytes from the biases to the first tap's weights
    int32_t row;      // from behind the weights of one row to the next's
    int32_t rest;     // from there to the shifts
    int32_t negative; // 0 where results below 0 become 0
} job;

#if NN_DSP
// Registers: r0 x, r1 packed, r2 step, r3 taps left, r4-r7 sums, r8-r12 scratch, lr rows left.
#define TAP                                                                                                            \
    "ldr.w r8, [r0]\n ldr.w r9, [r0, #4]\n ldr.w r10, [r1], #4\n add.w r0, r0, r2\n"                                   \
    "sxtb16 r11, r10\n sxtb16 r10, r10, ror #8\n"                                                                      \
    "smlabb r4, r8, r11, r4\n smlatt r5, r8, r11, r5\n smlabb r6, r9, r10, r6\n smlatt r7, r9, r10, r7\n"
#define TAP_BYTES "40"
#define SIGNED(s) "ssat " s ", #16, " s ", asr #1\n"
#define FROM_0(s) "usat " s ", #15, " s ", asr #1\n"
#define SCALE(SAT, s, m)                                                                                               \
    "lsl lr, r12, r3\n smmla " s ", " s ", " m ", lr\n asr " s ", " s ", r3\n" SAT(s) "lsr r3, r3, #8\n"
#define FOUR(SAT) SCALE(SAT, "r4", "r8") SCALE(SAT, "r5", "r9") SCALE(SAT, "r6", "r10") SCALE(SAT, "r7", "r11")

__attribute__((naked, noinline)) static void pixel(__attribute__((unused)) const job *inside) {
    __asm__ volatile(
        "push {r4-r11, lr}\n sub sp, #52\n"
        "ldmia r0!, {r1-r11}\n stmia sp, {r1-r11}\n ldr r2, [r0]\n str r2, [sp, #44]\n"
        // [sp, #48]: where the loop over taps is entered, so that it ends after a whole turn
        "rsb r5, r5, #0\n and r5, r5, #7\n mov r8, #" TAP_BYTES "\n mul r5, r5, r8\n adr.w r8, 4f\n"
        "add r8, r8, r5\n orr r8, r8, #1\n str r8, [sp, #48]\n"
        "ldr r1, [sp, #4]\n"
        "2:\n" // four channels
        "ldr r0, [sp]\n ldmia r1!, {r4-r7}\n ldr r2, [sp, #20]\n ldr lr, [sp, #24]\n ldr r8, [sp, #32]\n"
        "add r1, r1, r8\n cmp lr, #0\n beq.w 5f\n"
        "3:\n" // a row of the window
        "ldr r3, [sp, #16]\n ldr r8, [sp, #48]\n bx r8\n"
        ".balign 4\n"
        "4:\n"
        ".rept 8\n" TAP ".endr\n"
        "subs r3, r3, #8\n bgt.w 4b\n"
        "ldr r8, [sp, #28]\n ldr r9, [sp, #36]\n subs lr, lr, #1\n add r0, r0, r8\n add r1, r1, r9\n bne.w 3b\n"
        "5:\n"
        "ldr r8, [sp, #40]\n add r1, r1, r8\n ldmia r1!, {r3, r8-r11}\n mov r12, #1\n ldr lr, [sp, #44]\n"
        "cmp lr, #0\n beq.w 7f\n" FOUR(
            SIGNED) "6:\n"
                    "ldr r8, [sp, #8]\n ldr r9, [sp, #12]\n ldr r10, [sp]\n"
                    "pkhbt r4, r4, r5, lsl #16\n pkhbt r6, r6, r7, lsl #16\n str r4, [r8], #4\n str r6, [r8], #4\n"
                    "add r10, r10, #8\n subs r9, r9, #1\n str r8, [sp, #8]\n str r9, [sp, #12]\n str r10, [sp]\n"
                    "bne.w 2b\n"
                    "add sp, #52\n pop {r4-r11, pc}\n"
                    "7:\n" FOUR(FROM_0) "b.w 6b\n");
}
#else
static const int32_t *move(const int32_t *words, int32_t bytes) {
    return words + bytes / (int32_t)sizeof *words;
}

static void pixel(const job *inside) {
    static const int places[CHANNELS] = {0, 2, 1, 3};
    const int32_t *packed = inside->packed;
    int16_t *out = inside->out;
    for (uint32_t group = 0; group < inside->groups; group++) {
        const int8_t *x = inside->x + group * CHANNELS * sizeof(int16_t);
        int32_t sums[CHANNELS] = {packed[0], packed[1], packed[2], packed[3]};
        packed = move(packed + CHANNELS, inside->weights);
        for (uint32_t i = 0; i < inside->across; i++, x += inside->skip, packed = move(packed, inside->row)) {
            for (uint32_t j = 0; j < inside->along; j++, x += inside->step, packed++) {
                const int16_t *taps = (const int16_t *)(const void *)x;
                for (int c = 0; c < CHANNELS; c++) sums[c] += taps[c] * nn_byte(*packed, places[c]);
            }
        }
        packed = move(packed, inside->rest);
        for (int c = 0; c < CHANNELS; c++) {
            const int shift = nn_byte(packed[0], c) + 17;
            const int64_t scaled = ((int64_t)sums[c] * (packed[c + 1] >> 16) + (INT64_C(1) << (shift - 1))) >> shift;
            *out++ = (int16_t)nn_clamp((int32_t)scaled, inside->negative ? INT16_MIN : 0, INT16_MAX);
        }
        packed += 1 + CHANNELS;
    }
}
#endif

// Which taps of one axis of the window lie inside the image: `count` from `first` on.
typedef struct {
    int32_t first, count;
} span;

static span meet(int32_t start, int32_t taps, int32_t dilation, int32_t side) {
    const int32_t first = start < 0 ? (-start + dilation - 1) / dilation : 0;
    const int32_t end = start < side ? (side - 1 - start) / dilation + 1 : 0;
    const int32_t last = end < taps ? end : taps;
    return (span){first, last > first ? last - first : 0};
}

// The window whose first tap lies at these coordinates of the two axes, either of which may be outside.
static void aim(const nn_packed_taps *layer, const int16_t *input, int32_t along, int32_t across, job *inside) {
    const int32_t word = sizeof(int32_t);
    const span a = meet(along, layer->along_taps, layer->along_dilation, layer->in_along);
    const span b = meet(across, layer->across_taps, layer->across_dilation, layer->in_across);
    const int32_t all = layer->along_taps * layer->across_taps * word;
    if (a.count == 0 || b.count == 0) {
        inside->across = 0;
        inside->weights = all;
        inside->rest = 0;
        return;
    }
    const int32_t along_at = along + a.first * layer->along_dilation;
    const int32_t across_at = across + b.first * layer->across_dilation;
    inside->x = (const int8_t *)(const void *)input + along_at * (int32_t)layer->in_along_step +
                across_at * (int32_t)layer->in_across_step;
    inside->along = (uint32_t)a.count;
    inside->across = (uint32_t)b.count;
    inside->skip = (int32_t)layer->in_across_step * layer->across_dilation - a.count * (int32_t)inside->step;
    inside->weights = (b.first * layer->along_taps + a.first) * word;
    inside->row = (layer->along_taps - a.count) * word;
    inside->rest = all - inside->weights - b.count * layer->along_taps * word;
}

static void clamp(const nn_packed_taps *layer, int16_t *out) {
    for (uint32_t c = 0; c < layer->channels; c++) out[c] = (int16_t)nn_clamp(out[c], layer->min, layer->max);
}

void nn_depthwise_int16_packed(const nn_packed_taps *layer, const int16_t *input, int16_t *output) {
    job inside = {.packed = layer->packed,
                  .groups = layer->channels / CHANNELS,
                  .along = 1,
                  .step = layer->in_along_step * layer->along_dilation,
                  .x = (const int8_t *)(const void *)input,
                  .negative = layer->min != 0};
    const int whole = (layer->min == INT16_MIN || layer->min == 0) && layer->max == INT16_MAX;
    int32_t y = -layer->pad_top;
    for (uint32_t row = 0; row < layer->out_height; row++, y += layer->stride_height) {
        int32_t x = -layer->pad_left;
        for (uint32_t column = 0; column < layer->out_width; column++, x += layer->stride_width) {
            aim(layer, input, layer->turned ? y : x, layer->turned ? x : y, &inside);
            inside.out = output;
            pixel(&inside);
            if (!whole) clamp(layer, output);
            output += layer->channels;
        }
    }
}
