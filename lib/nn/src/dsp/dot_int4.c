// The innermost loops on weights of four bits.
//
// Four channels share a half: 4096 w3 + 256 n2 + 16 n1 + n0, with n = w + 8 so that each lower digit is 0 to 15. SMLAD
// on the word adds all four to the first sum; BIC takes the lowest digit away, SMLAD adds what is left to the second
// sum, and so on. The differences of neighbouring sums are 1, 16, 256 and 4096 times the channels' sums, of which the
// lower three hold 8 x too much for every tap x: 8 X is taken off, where X is the sum of the pixel's taps. Sums may
// wrap around 2^32 on the way: the differences stay exact while they fit, which the compiler makes sure of.
//
// The last step is dot.c's.
#include "dot_int4.h"
#include "nn/requantise.h"
#include "widen.h"

#if NN_DSP

// From 4 neighbouring sums to twice the channels' sums; `x` is 16 X.
#define APART(a, b, c, d, x)                                                                                           \
    "sub " a ", " a ", " b "\n sub " b ", " b ", " c "\n sub " c ", " c ", " d "\n"                                    \
    "rsb " a ", " x ", " a ", lsl #1\n rsb " b ", " x ", " b ", asr #3\n rsb " c ", " x ", " c ", asr #7\n"            \
    "asr " d ", " d ", #11\n"

// One channel to int8. r12 centre, r3 shift in its low byte, then moved on; lr is used.
#define SCALE_ONE_SIDED(s, m)                                                                                          \
    "lsl lr, r12, r3\n smmlar " s ", " s ", " m ", lr\n asr " s ", " s ", r3\n ssat " s ", #8, " s ", asr #1\n"        \
    "lsr r3, r3, #8\n"
#define SCALE_SYMMETRIC(s, m)                                                                                          \
    "lsl lr, r12, r3\n smmulr " s ", " s ", " m "\n add " s ", " s ", " s ", asr #31\n add " s ", " s ", lr\n"         \
    "asr " s ", " s ", r3\n ssat " s ", #8, " s ", asr #1\n lsr r3, r3, #8\n"
// Where nothing is shifted to the right TFLM rounds once: twice the result, rounded down, has room for the half.
#define SCALE_ONCE(s, m) "lsl " s ", " s ", r3\n smmla " s ", " s ", " m ", r12\n ssat " s ", #8, " s ", asr #1\n"
// One channel of two pixels.
#define BOTH_ONE_SIDED(s, t, m)                                                                                        \
    "lsl lr, r12, r3\n smmlar " s ", " s ", " m ", lr\n smmlar " t ", " t ", " m ", lr\n"                              \
    "asr " s ", " s ", r3\n asr " t ", " t ", r3\n ssat " s ", #8, " s ", asr #1\n ssat " t ", #8, " t ", asr #1\n"    \
    "lsr r3, r3, #8\n"
#define BOTH_SYMMETRIC(s, t, m)                                                                                        \
    "lsl lr, r12, r3\n smmulr " s ", " s ", " m "\n smmulr " t ", " t ", " m "\n"                                      \
    "add " s ", " s ", " s ", asr #31\n add " t ", " t ", " t ", asr #31\n add " s ", " s ", lr\n add " t ", " t       \
    ", lr\n"                                                                                                           \
    "asr " s ", " s ", r3\n asr " t ", " t ", r3\n ssat " s ", #8, " s ", asr #1\n ssat " t ", #8, " t ", asr #1\n"    \
    "lsr r3, r3, #8\n"

// Registers: r0 packed, r1 taps, r2 r3 taps of the two pixels, r12 weights, r4-r7 and r8-r11 the sums of the two
// pixels.
#define PAIR_LOAD "ldr.w r12, [r0], #4\n ldr.w r2, [r1], #4\n ldr.w r3, [r1], #4\n"
#define PAIR_MULTIPLY                                                                                                  \
    "smlad r4, r12, r2, r4\n smlad r8, r12, r3, r8\n bic r12, r12, #0x000F000F\n"                                      \
    "smlad r5, r12, r2, r5\n smlad r9, r12, r3, r9\n bic r12, r12, #0x00F000F0\n"                                      \
    "smlad r6, r12, r2, r6\n smlad r10, r12, r3, r10\n bic r12, r12, #0x0F000F00\n"                                    \
    "smlad r7, r12, r2, r7\n smlad r11, r12, r3, r11\n"
#define PAIR_BYTES "56"

// Stack: the job's words at 0, then where the loop is entered, then 16 X of the two pixels.
__attribute__((naked)) void nn_dot_int4_4x2(__attribute__((unused)) const nn_dot_pair *job) {
    __asm__ volatile(
        "push {r4-r11, lr}\n sub sp, #60\n"
        "ldmia r0!, {r1-r11}\n stmia sp, {r1-r11}\n ldmia r0, {r5, r7}\n lsl r5, r5, #4\n lsl r7, r7, #4\n"
        "str r5, [sp, #48]\n str r7, [sp, #52]\n"
        // [sp, #44]: where the loop over the remaining pairs is entered, so that it ends after a whole turn
        "sub r2, r2, r1\n lsr r2, r2, #3\n sub r2, r2, #1\n" // pairs after the first
        "adr.w r3, 4f\n cbz r2, 1f\n"
        "rsb r2, r2, #0\n and r2, r2, #31\n mov r3, #" PAIR_BYTES "\n mul r2, r2, r3\n adr.w r3, 3f\n add r3, r3, r2\n"
        "1: orr r3, r3, #1\n str r3, [sp, #44]\n"

        "7:\n" // two pixels: r5 and r7 add up their taps
        "ldr r1, [sp, #32]\n cmp r1, #0\n beq 9f\n"
        "ldr r2, [sp, #36]\n ldr r3, [sp]\n ldr r12, [sp, #4]\n add r2, r1, r2\n"
        "mov lr, #0x00010001\n mov r5, #0\n mov r7, #0\n"
        "8:\n"
        "ldr r4, [r1], #4\n ldr r6, [r2], #4\n"
        "sxtb16 r8, r4\n sxtb16 r9, r6\n sxtb16 r10, r4, ror #8\n sxtb16 r11, r6, ror #8\n"
        "smlad r5, r8, lr, r5\n smlad r7, r9, lr, r7\n smlad r5, r10, lr, r5\n smlad r7, r11, lr, r7\n"
        "stmia r3!, {r8-r11}\n cmp r3, r12\n bne 8b\n"
        "lsl r5, r5, #4\n lsl r7, r7, #4\n str r5, [sp, #48]\n str r7, [sp, #52]\n str r2, [sp, #32]\n"
        "9: ldr r0, [sp, #28]\n"

        "2:\n" // four channels
        "ldmia r0!, {r4-r7}\n ldr r1, [sp]\n" PAIR_LOAD
        "smlad r8, r12, r3, r4\n smlad r4, r12, r2, r4\n bic r12, r12, #0x000F000F\n"
        "smlad r9, r12, r3, r5\n smlad r5, r12, r2, r5\n bic r12, r12, #0x00F000F0\n"
        "smlad r10, r12, r3, r6\n smlad r6, r12, r2, r6\n bic r12, r12, #0x0F000F00\n"
        "smlad r11, r12, r3, r7\n smlad r7, r12, r2, r7\n"
        "ldr r2, [sp, #44]\n bx r2\n"
        ".balign 4\n"
        "3:\n"
        ".rept 32\n" PAIR_LOAD PAIR_MULTIPLY ".endr\n"
        "ldr r2, [sp, #4]\n cmp r1, r2\n bne.w 3b\n"
        ".balign 4\n"
        "4:\n"
        "ldr r1, [sp, #48]\n ldr r2, [sp, #52]\n ldr r3, [r0], #4\n ldr r12, [sp, #8]\n ldr lr, [sp, #12]\n" //
        APART("r4", "r5", "r6", "r7", "r1") APART("r8", "r9", "r10", "r11", "r2")                            //
        "ldmia r0!, {r1, r2}\n cmp lr, #0\n bne.w 6f\n"                                                      //
        BOTH_ONE_SIDED("r4", "r8", "r1")
            BOTH_ONE_SIDED("r5", "r9", "r2") "ldmia r0!, {r1, r2}\n" BOTH_ONE_SIDED("r6", "r10", "r1")
                BOTH_ONE_SIDED("r7", "r11", "r2") //
        "5:\n"
        "ldr r1, [sp, #16]\n ldr r2, [sp, #20]\n ldr r3, [sp, #24]\n"
        "strb r4, [r1], #1\n strb r5, [r1], #1\n strb r6, [r1], #1\n strb r7, [r1], #1\n"
        "strb r8, [r2], #1\n strb r9, [r2], #1\n strb r10, [r2], #1\n strb r11, [r2], #1\n"
        "str r1, [sp, #16]\n str r2, [sp, #20]\n"
        "cmp r0, r3\n bne.w 2b\n"
        // pixel 1 ended where the next pixel 0 starts
        "ldr r3, [sp, #40]\n sub r1, r2, r1\n str r2, [sp, #16]\n add r1, r1, r2\n str r1, [sp, #20]\n"
        "subs r3, r3, #1\n str r3, [sp, #40]\n bne.w 7b\n"
        "add sp, #60\n pop {r4-r11, pc}\n"
        "6:\n" BOTH_SYMMETRIC("r4", "r8", "r1")
            BOTH_SYMMETRIC("r5", "r9", "r2") "ldmia r0!, {r1, r2}\n" BOTH_SYMMETRIC("r6", "r10", "r1")
                BOTH_SYMMETRIC("r7", "r11", "r2") "b 5b\n");
}

// Registers: r0 packed, r1 bytes, r2 r3 taps (0,2) and (1,3), r8 r9 weights, r4-r7 sums.
#define ONE_STEP                                                                                                       \
    "ldr.w r3, [r1], #4\n ldr.w r8, [r0], #4\n ldr.w r9, [r0], #4\n sxtb16 r2, r3\n sxtb16 r3, r3, ror #8\n"           \
    "smlad r4, r8, r2, r4\n smlad r4, r9, r3, r4\n bic r8, r8, #0x000F000F\n bic r9, r9, #0x000F000F\n"                \
    "smlad r5, r8, r2, r5\n smlad r5, r9, r3, r5\n bic r8, r8, #0x00F000F0\n bic r9, r9, #0x00F000F0\n"                \
    "smlad r6, r8, r2, r6\n smlad r6, r9, r3, r6\n bic r8, r8, #0x0F000F00\n bic r9, r9, #0x0F000F00\n"                \
    "smlad r7, r8, r2, r7\n smlad r7, r9, r3, r7\n"
#define ONE_BYTES "76"

// Stack: the job's words at 0, then where the loop is entered, then 16 X.
__attribute__((naked)) void nn_dot_int4_4x1(__attribute__((unused)) const nn_dot_int4_one *job) {
    __asm__ volatile(
        "push {r4-r11, lr}\n sub sp, #36\n"
        "ldmia r0, {r1-r8}\n stmia sp, {r1-r7}\n mov r0, r8\n"
        // [sp, #28]: where the loop is entered, so that it ends after a whole turn
        "sub r3, r2, r1\n lsr r3, r3, #2\n rsb r3, r3, #0\n and r3, r3, #15\n"
        "mov r4, #" ONE_BYTES "\n mul r3, r3, r4\n adr.w r4, 3f\n add r3, r3, r4\n orr r3, r3, #1\n str r3, [sp, #28]\n"
        "mov lr, #0x00010001\n mov r5, #0\n"
        "1: ldr r3, [r1], #4\n sxtb16 r4, r3\n sxtb16 r3, r3, ror #8\n"
        "smlad r5, r4, lr, r5\n smlad r5, r3, lr, r5\n cmp r1, r2\n bne 1b\n"
        "lsl r5, r5, #4\n str r5, [sp, #32]\n"

        "2:\n" // four channels
        "ldmia r0!, {r4-r7}\n ldr r1, [sp]\n ldr r2, [sp, #28]\n bx r2\n"
        ".balign 4\n"
        "3:\n"
        ".rept 16\n" ONE_STEP ".endr\n"
        "ldr r2, [sp, #4]\n cmp r1, r2\n bne.w 3b\n"
        "ldr r1, [sp, #32]\n ldr r2, [sp, #24]\n ldr r12, [sp, #8]\n" APART("r4", "r5", "r6", "r7", "r1") //
        "cbnz r2, 4f\n mov r2, r0\n add r0, r0, #20\n"
        "4: ldmia r2, {r3, r8-r11}\n ldr r1, [sp, #12]\n cmp r1, #0\n bne.w 6f\n" //
        SCALE_ONE_SIDED("r4", "r8") SCALE_ONE_SIDED("r5", "r9") SCALE_ONE_SIDED("r6", "r10")
            SCALE_ONE_SIDED("r7", "r11") //
        "5:\n"
        "ldr r1, [sp, #16]\n ldr r3, [sp, #20]\n"
        "strb r4, [r1], #1\n strb r5, [r1], #1\n strb r6, [r1], #1\n strb r7, [r1], #1\n"
        "str r1, [sp, #16]\n"
        "cmp r0, r3\n bne.w 2b\n"
        "add sp, #36\n pop {r4-r11, pc}\n"
        "6:\n cmp r1, #2\n beq.w 7f\n" //
        SCALE_SYMMETRIC("r4", "r8") SCALE_SYMMETRIC("r5", "r9") SCALE_SYMMETRIC("r6", "r10")
            SCALE_SYMMETRIC("r7", "r11") "b 5b\n"
                                         "7:\n sxtb r3, r3\n rsb r3, r3, #0\n" SCALE_ONCE("r4", "r8")
                                             SCALE_ONCE("r5", "r9") SCALE_ONCE("r6", "r10")
                                                 SCALE_ONCE("r7", "r11") "b 5b\n");
}

#else

// The weight of channel `c` in a half.
static int32_t weight(uint32_t half, int c) {
    return c == 3 ? (int16_t)half >> 12 : (int32_t)(half >> (4 * c) & 15u) - 8;
}

// The channels' biases are the differences of neighbours.
static void start(const int32_t *packed, int32_t sums[4]) {
    for (int c = 0; c < 4; c++) {
        const uint32_t next = c < 3 ? (uint32_t)packed[c + 1] : 0;
        sums[c] = (int32_t)((uint32_t)packed[c] - next) >> (4 * c);
    }
}

// Adds a pair of taps to the sums of four channels.
static void multiply(uint32_t weights, int32_t tap0, int32_t tap1, int32_t sums[4]) {
    for (int c = 0; c < 4; c++) sums[c] += weight(weights & 0xFFFFu, c) * tap0 + weight(weights >> 16, c) * tap1;
}

static void finish(const int32_t *scales, const int32_t sums[4], int32_t centre, int8_t *out) {
    for (int c = 0; c < 4; c++) {
        const int shift = (int8_t)((uint32_t)scales[0] >> (8 * c) & 0xFFu) + 1;
        const int32_t scaled = nn_requantise(sums[c], scales[c + 1], -shift) + (centre >> 1);
        out[c] = (int8_t)nn_clamp(scaled, -128, 127);
    }
}

static void two_pixels(const nn_dot_pair *job, int8_t *out0, int8_t *out1) {
    int8_t *out[2] = {out0, out1};
    const uint32_t pairs = (uint32_t)(job->taps_end - job->taps) / 2;
    for (const int32_t *packed = job->packed; packed != job->packed_end; packed += 4 + pairs + 5) {
        for (int pixel = 0; pixel < 2; pixel++, out[pixel - 1] += 4) {
            int32_t sums[4];
            start(packed, sums);
            for (uint32_t i = 0; i < pairs; i++) {
                const uint32_t taps = job->taps[2 * i + (uint32_t)pixel];
                multiply((uint32_t)packed[4 + i], (int16_t)(taps & 0xFFFF), (int16_t)(taps >> 16), sums);
            }
            finish(packed + 4 + pairs, sums, job->centre, out[pixel]);
        }
    }
}

void nn_dot_int4_4x2(const nn_dot_pair *job) {
    nn_dot_each_pair(job, two_pixels);
}

void nn_dot_int4_4x1(const nn_dot_int4_one *job) {
    int8_t *out = job->out;
    const uint32_t size = (uint32_t)(job->input_end - job->input);
    const int32_t *packed = job->packed;
    while (packed != job->packed_end) {
        int32_t sums[4];
        start(packed, sums);
        packed += 4;
        for (uint32_t i = 0; i < size; i += 4, packed += 2) {
            multiply((uint32_t)packed[0], job->input[i], job->input[i + 2], sums);
            multiply((uint32_t)packed[1], job->input[i + 1], job->input[i + 3], sums);
        }
        finish(job->scales ? job->scales : packed, sums, job->centre, out);
        packed += job->scales ? 0 : 5;
        out += 4;
    }
}

#endif
