// Depthwise convolution with any window: four channels at a time, a word of the image and a word of weights a tap.
// Taps outside the image read a word of zero points instead.
#include "dot.h" // NN_DSP
#include "nn/packed.h"
#include "nn/requantise.h"
#include <string.h>

#define CHANNELS 4

// Adds `count` taps, `step` bytes apart, to the sums of four channels. Returns where the weights go on.
static const int32_t *add_taps(const int8_t *x, uint32_t step, uint32_t count, const int32_t *weights,
                               int32_t sums[CHANNELS]) {
    for (; count > 0; count--, x += step, weights++) {
        for (int c = 0; c < CHANNELS; c++) sums[c] += x[c] * (int8_t)((uint32_t)*weights >> (8 * c) & 0xFF);
    }
    return weights;
}

// What one axis of the window meets: taps before the image, inside, behind.
typedef struct {
    uint32_t before, inside, behind;
    int32_t first; // coordinate of the first one inside
} span;

static span meet(int32_t start, int32_t taps, int32_t dilation, int32_t side) {
    span made = {0, 0, 0, 0};
    for (int32_t i = 0, at = start; i < taps; i++, at += dilation) {
        if (at < 0) {
            made.before++;
        } else if (at < side) {
            if (made.inside++ == 0) made.first = at;
        } else {
            made.behind++;
        }
    }
    return made;
}

// One row of the window (a column where the layer is turned): `across` its place on the other axis, or NULL outside.
static const int32_t *add_row(const nn_packed_taps *layer, const int8_t *across, const span *along, const int8_t *zeros,
                              const int32_t *weights, int32_t sums[CHANNELS]) {
    if (across == NULL) return add_taps(zeros, 0, layer->along_taps, weights, sums);
    if (along->before) weights = add_taps(zeros, 0, along->before, weights, sums);
    if (along->inside) {
        const int8_t *x = across + along->first * (int32_t)layer->in_along_step;
        weights = add_taps(x, layer->in_along_step * layer->along_dilation, along->inside, weights, sums);
    }
    return along->behind ? add_taps(zeros, 0, along->behind, weights, sums) : weights;
}

static int8_t scale(const nn_packed_taps *layer, int32_t sum, int32_t multiplier, int shift) {
    const int32_t scaled = nn_requantise(sum, multiplier, -shift - 1) + layer->output_zero;
    return (int8_t)nn_clamp(scaled, layer->min, layer->max);
}

// All channels of one output pixel; `image` is moved on by four channels at a time.
static void pixel(const nn_packed_taps *layer, const int8_t *image, int32_t across, const span *along, int8_t *out) {
    const int8_t zero = (int8_t)layer->input_zero;
    const int8_t zeros[CHANNELS] __attribute__((aligned(4))) = {zero, zero, zero, zero};
    const int32_t *packed = layer->packed;
    for (uint32_t c = 0; c < layer->channels; c += CHANNELS, image += CHANNELS) {
        int32_t sums[CHANNELS];
        memcpy(sums, packed, sizeof sums);
        packed += CHANNELS;
        int32_t at = across;
        for (uint32_t i = layer->across_taps; i > 0; i--, at += layer->across_dilation) {
            const int inside = at >= 0 && at < layer->in_across;
            const int8_t *row = inside ? image + at * (int32_t)layer->in_across_step : NULL;
            packed = add_row(layer, row, along, zeros, packed, sums);
        }
        const int8_t *shifts = (const int8_t *)(packed + CHANNELS);
        for (int i = 0; i < CHANNELS; i++) *out++ = scale(layer, sums[i], packed[i], shifts[i]);
        packed += CHANNELS + 1;
    }
}

// All channels of an output pixel whose window lies inside the image. The assembler copies the struct to its stack.
typedef struct {
    const int8_t *x; // the window's first tap
    const int32_t *packed;
    int8_t *out;
    uint32_t groups; // of four channels
    uint32_t along_taps, along_step;
    uint32_t across_taps, across_skip; // bytes from behind one row of the window to the next
    int32_t centre;                    // 2 * output zero point + 1
} inner_job;

#if NN_DSP
// Registers: r0 x, r1 packed, r2 step, r3 taps left, r4-r7 sums, r8-r12 scratch, lr rows left. Every step as in dot.c.
#define TAP                                                                                                            \
    "ldr.w r8, [r0]\n ldr.w r9, [r1], #4\n sxtb16 r10, r8\n sxtb16 r11, r9\n add.w r0, r0, r2\n"                       \
    "sxtb16 r8, r8, ror #8\n sxtb16 r9, r9, ror #8\n"                                                                  \
    "smlabb r4, r10, r11, r4\n smlatt r6, r10, r11, r6\n smlabb r5, r8, r9, r5\n smlatt r7, r8, r9, r7\n"
#define TAP_BYTES "44"
#define SCALE(s, m)                                                                                                    \
    "lsl lr, r3, r2\n lsl " s ", " s ", #1\n smmulr " s ", " s ", " m "\n add " s ", " s ", " s ", asr #31\n"          \
    "add " s ", " s ", lr\n asr " s ", " s ", r2\n ssat " s ", #8, " s ", asr #1\n lsr r2, r2, #8\n"

__attribute__((naked, noinline)) static void inner_pixel(__attribute__((unused)) const inner_job *job) {
    __asm__ volatile(
        "push {r4-r11, lr}\n sub sp, #44\n"
        "ldmia r0, {r1-r9}\n stmia sp, {r1-r9}\n"
        // [sp, #36]: where the loop over taps is entered, so that it ends after a whole turn
        "rsb r5, r5, #0\n and r5, r5, #7\n mov r8, #" TAP_BYTES "\n mul r5, r5, r8\n adr.w r8, 4f\n"
        "add r8, r8, r5\n orr r8, r8, #1\n str r8, [sp, #36]\n"
        "ldr r1, [sp, #4]\n"
        "2:\n" // four channels
        "ldr r0, [sp]\n ldmia r1!, {r4-r7}\n ldr r2, [sp, #20]\n ldr lr, [sp, #24]\n"
        "3:\n" // a row of the window
        "ldr r3, [sp, #16]\n ldr r8, [sp, #36]\n bx r8\n"
        ".balign 4\n"
        "4:\n"
        ".rept 8\n" TAP ".endr\n"
        "subs r3, r3, #8\n bgt.w 4b\n"
        "ldr r8, [sp, #28]\n subs lr, lr, #1\n add r0, r0, r8\n bne.w 3b\n"
        "ldmia r1!, {r8-r11}\n ldr r2, [r1], #4\n ldr r3, [sp, #32]\n" //
        SCALE("r4", "r8") SCALE("r5", "r9") SCALE("r6", "r10") SCALE(
            "r7", "r11") "ldr r8, [sp, #8]\n ldr r9, [sp, #12]\n ldr r10, [sp]\n"
                         "strb r4, [r8], #1\n strb r5, [r8], #1\n strb r6, [r8], #1\n strb r7, [r8], #1\n"
                         "add r10, r10, #4\n subs r9, r9, #1\n str r8, [sp, #8]\n str r9, [sp, #12]\n str r10, [sp]\n"
                         "bne.w 2b\n"
                         "add sp, #44\n pop {r4-r11, pc}\n");
}
#else
static void inner_pixel(const inner_job *job) {
    const int32_t *packed = job->packed;
    int8_t *out = job->out;
    for (uint32_t group = 0; group < job->groups; group++) {
        const int8_t *x = job->x + group * CHANNELS;
        int32_t sums[CHANNELS];
        memcpy(sums, packed, sizeof sums);
        packed += CHANNELS;
        for (uint32_t i = 0; i < job->across_taps; i++) {
            packed = add_taps(x, job->along_step, job->along_taps, packed, sums);
            x += job->along_taps * job->along_step + job->across_skip;
        }
        const int8_t *shifts = (const int8_t *)(packed + CHANNELS);
        for (int i = 0; i < CHANNELS; i++) {
            const int32_t scaled = nn_requantise(sums[i], packed[i], -shifts[i] - 1) + (job->centre >> 1);
            *out++ = (int8_t)nn_clamp(scaled, -128, 127);
        }
        packed += CHANNELS + 1;
    }
}
#endif

static void clamp(const nn_packed_taps *layer, int8_t *out) {
    for (uint32_t c = 0; c < layer->channels; c++) out[c] = (int8_t)nn_clamp(out[c], layer->min, layer->max);
}

void nn_depthwise_packed(const nn_packed_taps *layer, const int8_t *input, int8_t *output) {
    const uint32_t along_step = layer->in_along_step * layer->along_dilation;
    inner_job job = {.packed = layer->packed,
                     .groups = layer->channels / CHANNELS,
                     .along_taps = layer->along_taps,
                     .along_step = along_step,
                     .across_taps = layer->across_taps,
                     .across_skip = layer->in_across_step * layer->across_dilation - layer->along_taps * along_step,
                     .centre = 2 * layer->output_zero + 1};
    const int whole = layer->min == -128 && layer->max == 127;
    const int32_t along_reach = (layer->along_taps - 1) * layer->along_dilation;
    const int32_t across_reach = (layer->across_taps - 1) * layer->across_dilation;
    int32_t y = -layer->pad_top;
    for (uint32_t row = 0; row < layer->out_height; row++, y += layer->stride_height) {
        int32_t x = -layer->pad_left;
        for (uint32_t column = 0; column < layer->out_width; column++, x += layer->stride_width) {
            const int32_t along = layer->turned ? y : x;
            const int32_t across = layer->turned ? x : y;
            if (along >= 0 && along + along_reach < layer->in_along && across >= 0 &&
                across + across_reach < layer->in_across) {
                job.x = input + along * (int32_t)layer->in_along_step + across * (int32_t)layer->in_across_step;
                job.out = output;
                inner_pixel(&job);
                if (!whole) clamp(layer, output);
            } else {
                const span met = meet(along, layer->along_taps, layer->along_dilation, layer->in_along);
                pixel(layer, input, across, &met, output);
            }
            output += layer->channels;
        }
    }
}
