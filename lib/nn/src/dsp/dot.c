// The innermost loops of the packed kernels.
//
// Two channels share a word: with halves 256 * w1 + w0, one SMLAD on the raw word adds 256 * w1 x + w0 x for two taps,
// SXTB16 leaves w0 and a second SMLAD adds w0 x. Three instructions do four multiplications, and (sum - low) / 256
// gives the other channel exactly while it stays below 2^23, which the compiler makes sure of.
//
// The last step is TensorFlow Lite Micro's: round(s * multiplier / 2^31), then a shift that rounds halves away from
// zero. It is one floor((2 s m / 2^32 + 1/2 + centre * 2^(shift - 1)) / 2^shift), less one before the shift where the
// first rounding came out negative. That correction only matters for results below the zero point: where the
// activation cuts those off (`symmetric` is 0) it is left out.
#include "dot.h"
#include "nn/requantise.h"
#include "widen.h"

#if NN_DSP

// Registers: r0 packed, r1 taps, r2 r3 taps of the two pixels, r12 lr weights, r4-r7 and r8-r11 the sums of the two
// pixels: channels (1,0), 0, (3,2), 2.
#define PAIR_MULTIPLY                                                                                                  \
    "smlad r4, r12, r2, r4\n smlad r8, r12, r3, r8\n smlad r6, lr, r2, r6\n smlad r10, lr, r3, r10\n"                  \
    "sxtb16 r12, r12\n sxtb16 lr, lr\n"                                                                                \
    "smlad r5, r12, r2, r5\n smlad r9, r12, r3, r9\n smlad r7, lr, r2, r7\n smlad r11, lr, r3, r11\n"
#define PAIR_LOAD  "ldr.w r12, [r0], #4\n ldr.w lr, [r0], #4\n ldr.w r2, [r1], #4\n ldr.w r3, [r1], #4\n"
#define PAIR_BYTES "56"

// From two sums of two channels to int8. In: r1 r2 multipliers, r3 shifts, r12 centre; lr is used.
#define SCALE_ONE_SIDED(s, t, u, v)                                                                                    \
    "sub " s ", " s ", " t "\n sub " u ", " u ", " v "\n"                                                              \
    "lsl lr, r12, r3\n lsl " t ", " t ", #1\n lsl " v ", " v ", #1\n"                                                  \
    "smmlar " t ", " t ", r1, lr\n smmlar " v ", " v ", r1, lr\n"                                                      \
    "asr " t ", " t ", r3\n asr " v ", " v ", r3\n"                                                                    \
    "ssat " t ", #8, " t ", asr #1\n ssat " v ", #8, " v ", asr #1\n"                                                  \
    "lsr r3, r3, #8\n lsl lr, r12, r3\n add lr, lr, #64\n"                                                             \
    "smmla " s ", " s ", r2, lr\n smmla " u ", " u ", r2, lr\n"                                                        \
    "asr " s ", " s ", r3\n asr " u ", " u ", r3\n"                                                                    \
    "ssat " s ", #8, " s ", asr #1\n ssat " u ", #8, " u ", asr #1\n"
#define ROUND_BOTH(t, v, multiplier)                                                                                   \
    "lsl lr, r12, r3\n"                                                                                                \
    "smmulr " t ", " t ", " multiplier "\n smmulr " v ", " v ", " multiplier "\n"                                      \
    "add " t ", " t ", " t ", asr #31\n add " v ", " v ", " v ", asr #31\n"                                            \
    "add " t ", " t ", lr\n add " v ", " v ", lr\n asr " t ", " t ", r3\n asr " v ", " v ", r3\n"                      \
    "ssat " t ", #8, " t ", asr #1\n ssat " v ", #8, " v ", asr #1\n"
#define SCALE_SYMMETRIC(s, t, u, v)                                                                                    \
    "sub " s ", " s ", " t "\n sub " u ", " u ", " v "\n lsl " t ", " t ", #1\n lsl " v ", " v                         \
    ", #1\n" ROUND_BOTH(t, v, "r1") "asr " s ", " s ", #7\n asr " u ", " u                                             \
                                    ", #7\n lsr r3, r3, #8\n" ROUND_BOTH(s, u, "r2")

__attribute__((naked)) void nn_dot_4x2(__attribute__((unused)) const nn_dot_pair *job) {
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "sub sp, #52\n"
        "ldmia r0, {r1-r11}\n"
        "stmia sp, {r1-r11}\n"
        // [sp, #44]: where the loop over the remaining pairs is entered, so that it ends after a whole turn
        "sub r2, r2, r1\n lsr r2, r2, #3\n sub r2, r2, #1\n" // pairs after the first
        "adr.w r3, 4f\n"
        "cbz r2, 1f\n"
        "rsb r2, r2, #0\n and r2, r2, #31\n mov r3, #" PAIR_BYTES "\n mul r2, r2, r3\n adr.w r3, 3f\n add r3, r3, r2\n"
        "1: orr r3, r3, #1\n str r3, [sp, #44]\n"

        "7:\n" // two pixels
        "ldr r1, [sp, #32]\n cmp r1, #0\n beq 9f\n"
        "ldr r2, [sp, #36]\n ldr r3, [sp]\n ldr r12, [sp, #4]\n add r2, r1, r2\n"
        "8:\n"
        "ldr r4, [r1], #4\n ldr r6, [r2], #4\n"
        "sxtb16 r8, r4\n sxtb16 r9, r6\n sxtb16 r10, r4, ror #8\n sxtb16 r11, r6, ror #8\n"
        "stmia r3!, {r8-r11}\n cmp r3, r12\n bne 8b\n"
        "str r2, [sp, #32]\n"
        "9: ldr r0, [sp, #28]\n"

        "2:\n" // four channels
        "ldmia r0!, {r4-r7}\n ldr r1, [sp]\n" PAIR_LOAD
        "smlad r8, r12, r3, r4\n smlad r4, r12, r2, r4\n smlad r10, lr, r3, r6\n smlad r6, lr, r2, r6\n"
        "sxtb16 r12, r12\n sxtb16 lr, lr\n"
        "smlad r9, r12, r3, r5\n smlad r5, r12, r2, r5\n smlad r11, lr, r3, r7\n smlad r7, lr, r2, r7\n"
        "ldr r2, [sp, #44]\n bx r2\n"
        ".balign 4\n"
        "3:\n"
        ".rept 32\n" PAIR_LOAD PAIR_MULTIPLY ".endr\n"
        "ldr r2, [sp, #4]\n cmp r1, r2\n bne.w 3b\n"
        ".balign 4\n"
        "4:\n"
        "ldmia r0!, {r1-r3}\n ldr r12, [sp, #8]\n ldr lr, [sp, #12]\n"
        "cmp lr, #0\n bne.w 6f\n" SCALE_ONE_SIDED("r4", "r5", "r8", "r9") //
        "ldmia r0!, {r1-r3}\n" SCALE_ONE_SIDED(
            "r6", "r7", "r10",
            "r11") "5:\n"
                   "ldr r1, [sp, #16]\n ldr r2, [sp, #20]\n ldr r3, [sp, #24]\n"
                   "strb r5, [r1], #1\n strb r4, [r1], #1\n strb r7, [r1], #1\n strb r6, [r1], #1\n"
                   "strb r9, [r2], #1\n strb r8, [r2], #1\n strb r11, [r2], #1\n strb r10, [r2], #1\n"
                   "str r1, [sp, #16]\n str r2, [sp, #20]\n"
                   "cmp r0, r3\n bne.w 2b\n"
                   // pixel 1 ended where the next pixel 0 starts
                   "ldr r3, [sp, #40]\n sub r1, r2, r1\n str r2, [sp, #16]\n add r1, r1, r2\n str r1, [sp, #20]\n"
                   "subs r3, r3, #1\n str r3, [sp, #40]\n bne.w 7b\n"
                   "add sp, #52\n pop {r4-r11, pc}\n"
                   "6:\n" SCALE_SYMMETRIC("r4", "r5", "r8", "r9") //
        "ldmia r0!, {r1-r3}\n" SCALE_SYMMETRIC("r6", "r7", "r10", "r11") "b 5b\n");
}

// Registers: r0 packed, r1 bytes, r2 r3 taps (0,2) and (1,3), r8-r11 weights, r4-r7 sums as above.
#define ONE_STEP                                                                                                       \
    "ldr.w r3, [r1], #4\n ldr.w r8, [r0], #4\n ldr.w r9, [r0], #4\n ldr.w r10, [r0], #4\n ldr.w r11, [r0], #4\n"       \
    "sxtb16 r2, r3\n sxtb16 r3, r3, ror #8\n"                                                                          \
    "smlad r4, r8, r2, r4\n smlad r6, r9, r2, r6\n smlad r4, r10, r3, r4\n smlad r6, r11, r3, r6\n"                    \
    "sxtb16 r8, r8\n sxtb16 r9, r9\n sxtb16 r10, r10\n sxtb16 r11, r11\n"                                              \
    "smlad r5, r8, r2, r5\n smlad r7, r9, r2, r7\n smlad r5, r10, r3, r5\n smlad r7, r11, r3, r7\n"
#define ONE_BYTES "76"

// Four sums of a single pixel to int8. r1 multiplier, r2 shift, r3 offset.
#define APART "sub r4, r4, r5\n sub r6, r6, r7\n lsl r5, r5, #1\n lsl r7, r7, #1\n asr r4, r4, #7\n asr r6, r6, #7\n"
#define SHIFT_ONE(s) "asr " s ", " s ", r2\n ssat " s ", #8, " s ", asr #1\n"
#define SCALE_ONE(s) "smmlar " s ", " s ", r1, r3\n" SHIFT_ONE(s)
#define SCALE_ONE_SYMMETRIC(s)                                                                                         \
    "smmulr " s ", " s ", r1\n add " s ", " s ", " s ", asr #31\n add " s ", " s ", r3\n" SHIFT_ONE(s)
// With a multiplier and a shift of its own; r3 is the centre.
#define SCALE_BY(s, multiplier, shift)                                                                                 \
    "lsl r2, r3, " shift "\n smmulr " s ", " s ", " multiplier "\n add " s ", " s ", " s ", asr #31\n"                 \
    "add " s ", " s ", r2\n asr " s ", " s ", " shift "\n ssat " s ", #8, " s ", asr #1\n"

__attribute__((naked)) void nn_dot_4x1(__attribute__((unused)) const nn_dot_one *job) {
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "sub sp, #36\n"
        "ldmia r0, {r1-r9}\n"
        "stmia sp, {r1-r8}\n"
        "mov r0, r9\n"
        // [sp, #32]: where the loop is entered, so that it ends after a whole turn
        "sub r2, r1, r2\n lsr r2, r2, #2\n and r2, r2, #15\n"
        "mov r3, #" ONE_BYTES "\n mul r2, r2, r3\n adr.w r3, 3f\n add r3, r3, r2\n"
        "orr r3, r3, #1\n str r3, [sp, #32]\n"

        "2:\n" // four channels
        "ldmia r0!, {r4-r7}\n ldr r1, [sp]\n ldr r2, [sp, #32]\n bx r2\n"
        ".balign 4\n"
        "3:\n"
        ".rept 16\n" ONE_STEP ".endr\n"
        "ldr r2, [sp, #4]\n cmp r1, r2\n bne.w 3b\n" APART
        "ldr r1, [sp, #8]\n ldr r2, [sp, #12]\n ldr r3, [sp, #16]\n ldr r12, [sp, #20]\n"
        "cmp r12, #0\n bne.w 6f\n" //
        SCALE_ONE("r4") SCALE_ONE("r5") SCALE_ONE("r6")
            SCALE_ONE("r7") "5:\n"
                            "ldr r1, [sp, #24]\n ldr r3, [sp, #28]\n"
                            "strb r5, [r1], #1\n strb r4, [r1], #1\n strb r7, [r1], #1\n strb r6, [r1], #1\n"
                            "str r1, [sp, #24]\n"
                            "cmp r0, r3\n bne.w 2b\n"
                            "add sp, #36\n pop {r4-r11, pc}\n"
                            "6:\n cmp r1, #0\n beq.w 7f\n" SCALE_ONE_SYMMETRIC("r4") SCALE_ONE_SYMMETRIC("r5")
                                SCALE_ONE_SYMMETRIC("r6") SCALE_ONE_SYMMETRIC(
                                    "r7") "b 5b\n"
                                          "7: ldmia r0!, {r8-r12, lr}\n" SCALE_BY(
                                              "r5", "r8", "r10") "lsr r10, r10, #8\n" SCALE_BY("r4", "r9", "r10")
                                              SCALE_BY("r7", "r11", "lr") "lsr lr, lr, #8\n" SCALE_BY("r6", "r12",
                                                                                                      "lr") "b 5b\n");
}

#else

static int32_t low(uint32_t half) {
    return (int8_t)(half & 0xFF);
}
static int32_t high(uint32_t half) {
    return ((int16_t)(half & 0xFFFF) - low(half)) >> 8;
}

// Adds one pair of taps of one pixel to the sums of four channels.
static void multiply(const int32_t *weights, int32_t tap0, int32_t tap1, int32_t sums[4]) {
    for (int i = 0; i < 2; i++) {
        sums[2 * i] += low((uint32_t)weights[i]) * tap0 + low((uint32_t)weights[i] >> 16) * tap1;
        sums[2 * i + 1] += high((uint32_t)weights[i]) * tap0 + high((uint32_t)weights[i] >> 16) * tap1;
    }
}

static void start(const int32_t *packed, int32_t sums[4]) {
    for (int i = 0; i < 4; i += 2) {
        sums[i] = packed[i + 1];
        sums[i + 1] = (int32_t)((uint32_t)packed[i] - (uint32_t)packed[i + 1]) >> 8;
    }
}

static int8_t scale(int32_t sum, int32_t multiplier, int shift, int32_t centre) {
    const int32_t scaled = nn_requantise(sum, multiplier, -shift) + (centre >> 1);
    return (int8_t)nn_clamp(scaled, -128, 127);
}

static void finish(const int32_t *scales, const int32_t sums[4], int32_t centre, int32_t symmetric, int8_t *out) {
    for (int i = 0; i < 4; i += 2, scales += 3) {
        out[i] = scale(sums[i], scales[0], (scales[2] & 0xFF) + 1, centre);
        out[i + 1] = scale(sums[i + 1], scales[1], (scales[2] >> 8) + (symmetric ? 1 : -6), centre);
    }
}

static void two_pixels(const nn_dot_pair *job, int8_t *out0, int8_t *out1) {
    int8_t *out[2] = {out0, out1};
    const uint32_t pairs = (uint32_t)(job->taps_end - job->taps) / 2;
    for (const int32_t *packed = job->packed; packed != job->packed_end; packed += 4 + 2 * pairs + 6) {
        for (int pixel = 0; pixel < 2; pixel++, out[pixel - 1] += 4) {
            int32_t sums[4];
            start(packed, sums);
            for (uint32_t i = 0; i < pairs; i++) {
                const uint32_t taps = job->taps[2 * i + (uint32_t)pixel];
                multiply(packed + 4 + 2 * i, (int16_t)(taps & 0xFFFF), (int16_t)(taps >> 16), sums);
            }
            finish(packed + 4 + 2 * pairs, sums, job->centre, job->symmetric, out[pixel]);
        }
    }
}

void nn_dot_each_pair(const nn_dot_pair *job, void (*two_pixels)(const nn_dot_pair *job, int8_t *out0, int8_t *out1)) {
    const nn_rows pixel = {.rows = 1, .size = job->depth};
    const uint32_t step = 2u * (uint32_t)(job->out1 - job->out0);
    for (uint32_t i = 0; i < job->count; i++) {
        if (job->input) {
            nn_widen(job->input + 2 * i * job->depth, job->taps, &pixel);
            nn_widen(job->input + (2 * i + 1) * job->depth, job->taps + 1, &pixel);
        }
        two_pixels(job, job->out0 + i * step, job->out1 + i * step);
    }
}

void nn_dot_4x2(const nn_dot_pair *job) {
    nn_dot_each_pair(job, two_pixels);
}

void nn_dot_4x1(const nn_dot_one *job) {
    int8_t *out = job->out;
    const uint32_t size = (uint32_t)(job->input_end - job->input);
    const int32_t centre = job->offset >> job->shift;
    const uint32_t scales = job->multiplier ? 0 : 6;
    for (const int32_t *packed = job->packed; packed != job->packed_end; packed += 4 + size + scales) {
        int32_t sums[4];
        start(packed, sums);
        for (uint32_t i = 0; i < size; i += 4) {
            multiply(packed + 4 + i, job->input[i], job->input[i + 2], sums);
            multiply(packed + 6 + i, job->input[i + 1], job->input[i + 3], sums);
        }
        if (scales) {
            finish(packed + 4 + size, sums, centre, 1, out);
            out += 4;
        } else {
            for (int i = 0; i < 4; i++) *out++ = scale(sums[i], job->multiplier, job->shift + 1, centre);
        }
    }
}

#endif
