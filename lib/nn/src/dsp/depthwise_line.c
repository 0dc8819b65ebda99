// Depthwise convolution along lines: four channels of a line are taken apart, so that a word holds two neighbours of
// one channel, and one SMLAD does two taps.
//
// Outputs at even places start with a word, those at odd places within one. So the weights are there twice: as pairs
// (w0, w1), (w2, w3), ... and, one place further, as (0, w0), (w1, w2), ... Weights and bias are doubled, as the last
// step wants it (see dot.c).
#include "dot.h" // NN_DSP
#include "nn/packed.h"
#include "nn/requantise.h"
#include "split.h"

#define CHANNELS 4

// One channel of one line. The assembler copies the struct to its stack in this order.
typedef struct {
    const uint32_t *table; // of weights
    int32_t bias;
    uint32_t steps; // pairs of words of `table`, 2 to 8
    uint32_t out_step;
    uint32_t count; // of outputs, at least 1
    int32_t symmetric;
    int32_t multiplier, shift;
    int32_t offset; // (2 * output zero point + 1) << shift
    int8_t *out;
    const uint32_t *plane;
} line_job;

NN_SPLIT(split, "16", CHANNELS)

// One line to the plane, with its padding.
static void take_apart(const nn_packed_line *layer, const int8_t *from, uint32_t pairs, uint32_t *to) {
    const uint32_t zeros = (uint16_t)layer->input_zero * UINT32_C(0x10001);
    const uint32_t *end = to + pairs * CHANNELS;
    uint32_t left = layer->in_length;
    nn_outside(zeros, layer->pad / 2u, CHANNELS, to);
    to += layer->pad / 2u * CHANNELS;
    if (layer->pad % 2u) {
        nn_edge(from, zeros, 1, to);
        from += layer->in_step;
        left--, to += CHANNELS;
    }
    const uint32_t room = (uint32_t)(end - to) / CHANNELS;
    const uint32_t whole = left / 2u < room ? left / 2u : room;
    to = split(from, layer->in_step, whole, to);
    if (left % 2u && to < end) {
        nn_edge(from + 2u * whole * layer->in_step, zeros, 0, to);
        to += CHANNELS;
    }
    if (to < end) nn_outside(zeros, (uint32_t)(end - to) / CHANNELS, CHANNELS, to);
}

// The weights of a channel, both ways.
static void pair_up(const int8_t *weights, uint32_t steps, uint32_t *table) {
    uint32_t before = 0;
    for (; steps > 0; steps--, weights += 2, table += 2) {
        const uint32_t first = (uint16_t)(2 * weights[0]), second = (uint16_t)(2 * weights[1]);
        table[0] = first | second << 16;
        table[1] = before | first << 16;
        before = second;
    }
}

#if NN_DSP
// Registers: r0 table, r1 plane, r2 multiplier, r3 shift, r4-r7 the sums of four outputs, r8 r9 weights, r10 r11
// inputs, r12 offset, lr out.
#define STEP(x, next)                                                                                                  \
    "ldr.w r8, [r0], #4\n ldr.w r9, [r0], #4\n ldr.w " next ", [r1], #16\n"                                            \
    "smlad r4, " x ", r8, r4\n smlad r5, " x ", r9, r5\n"                                                              \
    "smlad r6, " next ", r8, r6\n smlad r7, " next ", r9, r7\n"
#define STEP_BYTES "28"
#define SCALE(s)                                                                                                       \
    "smmulr " s ", " s ", r2\n add " s ", " s ", " s ", asr #31\n add " s ", " s ", r12\n asr " s ", " s ", r3\n"      \
    "ssat " s ", #8, " s ", asr #1\n"
#define SCALE_CUT(s) "smmlar " s ", " s ", r2, r12\n asr " s ", " s ", r3\n ssat " s ", #8, " s ", asr #1\n"

__attribute__((naked, noinline)) static void one_channel(__attribute__((unused)) const line_job *job) {
    __asm__ volatile(
        "push {r4-r11, lr}\n sub sp, #36\n"
        "ldmia r0!, {r1-r6}\n stmia sp, {r1-r6}\n"
        // [sp, #24]: where the unrolled steps are entered; [sp, #28]: from behind a turn's inputs to the next turn's
        "rsb r4, r3, #8\n mov r5, #" STEP_BYTES "\n mul r4, r4, r5\n adr.w r5, 3f\n add r4, r4, r5\n orr r4, r4, #1\n"
        "str r4, [sp, #24]\n sub r3, r3, #1\n lsl r3, r3, #4\n str r3, [sp, #28]\n"
        "ldmia r0, {r2, r3, r12, lr}\n ldr r1, [r0, #16]\n"
        "2:\n" // four outputs
        "ldr r0, [sp]\n ldr r4, [sp, #4]\n ldr r8, [sp, #24]\n ldr r10, [r1], #16\n"
        "mov r5, r4\n mov r6, r4\n mov r7, r4\n mov r11, r10\n bx r8\n"
        ".balign 4\n"
        "3:\n" STEP("r10", "r11") STEP("r11", "r10") STEP("r10", "r11") STEP("r11", "r10") //
        STEP("r10", "r11") STEP("r11", "r10") STEP("r10", "r11") STEP("r11", "r10")        //
        "ldr r8, [sp, #12]\n ldr r9, [sp, #16]\n ldr r10, [sp, #20]\n ldr r11, [sp, #28]\n"
        "sub r1, r1, r11\n cmp r10, #0\n bne 7f\n"                      //
        SCALE_CUT("r4") SCALE_CUT("r5") SCALE_CUT("r6") SCALE_CUT("r7") //
        "4: subs r9, r9, #4\n blt 5f\n str r9, [sp, #16]\n"
        "strb r4, [lr]\n strb r5, [lr, r8]\n add lr, lr, r8, lsl #1\n"
        "strb r6, [lr]\n strb r7, [lr, r8]\n add lr, lr, r8, lsl #1\n"
        "bne.w 2b\n b 6f\n"
        "5: strb r4, [lr]\n adds r9, r9, #3\n beq 6f\n strb r5, [lr, r8]\n"
        "subs r9, r9, #1\n beq 6f\n add lr, lr, r8, lsl #1\n strb r6, [lr]\n"
        "6: add sp, #36\n pop {r4-r11, pc}\n"
        "7:\n" SCALE("r4") SCALE("r5") SCALE("r6") SCALE("r7") "b 4b\n");
}
#else
static void one_channel(const line_job *job) {
    int8_t *out = job->out;
    for (uint32_t i = 0; i < job->count; i++, out += job->out_step) {
        const uint32_t *x = job->plane + i / 2u * CHANNELS, *weights = job->table + i % 2u;
        int32_t sum = job->bias;
        for (uint32_t step = 0; step < job->steps; step++, x += CHANNELS, weights += 2) {
            sum += (int16_t)(*x & 0xFFFF) * (int16_t)(*weights & 0xFFFF);
            sum += (int16_t)(*x >> 16) * (int16_t)(*weights >> 16);
        }
        const int32_t zero = (job->offset >> job->shift) >> 1;
        const int32_t scaled = nn_requantise(sum / 2, job->multiplier, -job->shift - 1) + zero;
        *out = (int8_t)nn_clamp(scaled, -128, 127);
    }
}
#endif

static void clamp(const nn_packed_line *layer, int8_t *out) {
    for (uint32_t i = 0; i < layer->out_length; i++, out += layer->out_step) {
        for (uint32_t c = 0; c < CHANNELS; c++) out[c] = (int8_t)nn_clamp(out[c], layer->min, layer->max);
    }
}

void nn_depthwise_line_packed(const nn_packed_line *layer, const int8_t *input, int8_t *output, void *scratch) {
    const uint32_t steps = layer->taps / 2u + 1u;
    const uint32_t pairs = (layer->out_length + 3u) / 4u * 2u + layer->taps / 2u;
    const uint32_t size = 3u + (layer->taps + 5u) / 4u; // words of a channel
    const int whole = layer->min == -128 && layer->max == 127;
    uint32_t *plane = scratch, *tables = plane + CHANNELS * pairs;
    const int32_t *packed = layer->packed;
    for (uint32_t c = 0; c < layer->channels; c += CHANNELS, packed += CHANNELS * size) {
        for (uint32_t i = 0; i < CHANNELS; i++) {
            pair_up((const int8_t *)(packed + i * size + 3), steps, tables + 2u * steps * i);
        }
        for (uint32_t line = 0; line < layer->lines; line++) {
            int8_t *out = output + line * layer->out_line + c;
            take_apart(layer, input + line * layer->in_line + c, pairs, plane);
            for (uint32_t i = 0; i < CHANNELS; i++) {
                const int32_t *channel = packed + i * size;
                const line_job job = {.table = tables + 2u * steps * i,
                                      .bias = channel[0],
                                      .steps = steps,
                                      .out_step = layer->out_step,
                                      .count = layer->out_length,
                                      .symmetric = layer->output_zero > -128,
                                      .multiplier = channel[1],
                                      .shift = channel[2],
                                      .offset = (2 * layer->output_zero + 1) * ((int32_t)1 << channel[2]),
                                      .out = out + i,
                                      .plane = plane + i};
                one_channel(&job);
            }
            if (!whole) clamp(layer, out);
        }
    }
}
