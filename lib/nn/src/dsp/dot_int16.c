// The innermost loops on int16 activations and int8 weights, sums of 32 bits.
//
// A word holds two taps of two channels as bytes; SXTB16 widens one channel's, SXTB16 with a rotation the other's.
//
// The last step is TensorFlow Lite Micro's: (sum * m + 2^(shift - 1)) / 2^shift rounded down, with m of 16 bits. SMMLA
// with 2^16 m and 2^(shift - 17) gives its upper part, a shift by shift - 16 the rest: a floor of a floor.
#include "dot_int16.h"
#include "nn/requantise.h"

#if NN_DSP

// One channel of two pixels to int16, from below 0 to 0 where SAT is `usat #15`. r12 one, r3 shifts; lr is used.
#define BOTH(SAT, s, t, m)                                                                                             \
    "lsl lr, r12, r3\n smmla " s ", " s ", " m ", lr\n smmla " t ", " t ", " m ", lr\n asr " s ", " s ", r3\n"         \
    "asr " t ", " t ", r3\n" SAT(s) SAT(t) "lsr r3, r3, #8\n"
#define SCALE_ONE(SAT, s, m)                                                                                           \
    "lsl lr, r12, r3\n smmla " s ", " s ", " m ", lr\n asr " s ", " s ", r3\n" SAT(s) "lsr r3, r3, #8\n"
#define SIGNED(s) "ssat " s ", #16, " s ", asr #1\n"
#define FROM_0(s) "usat " s ", #15, " s ", asr #1\n"
#define EIGHT(SAT)                                                                                                     \
    BOTH(SAT, "r4", "r8", "r1")                                                                                        \
    BOTH(SAT, "r5", "r9", "r2") "ldmia r0!, {r1, r2}\n" BOTH(SAT, "r6", "r10", "r1") BOTH(SAT, "r7", "r11", "r2")
#define FOUR(SAT)                                                                                                      \
    SCALE_ONE(SAT, "r4", "r8") SCALE_ONE(SAT, "r5", "r9") SCALE_ONE(SAT, "r6", "r10") SCALE_ONE(SAT, "r7", "r11")

// Registers: r0 packed, r1 taps, r2 r3 taps of the two pixels, r12 lr weights, r4-r7 and r8-r11 the sums of the pixels.
#define PAIR                                                                                                           \
    "ldr.w r12, [r0], #4\n ldr.w r2, [r1], #4\n ldr.w r3, [r1], #4\n sxtb16 lr, r12\n sxtb16 r12, r12, ror #8\n"       \
    "smlad r4, lr, r2, r4\n smlad r8, lr, r3, r8\n smlad r5, r12, r2, r5\n smlad r9, r12, r3, r9\n"                    \
    "ldr.w r12, [r0], #4\n sxtb16 lr, r12\n sxtb16 r12, r12, ror #8\n"                                                 \
    "smlad r6, lr, r2, r6\n smlad r10, lr, r3, r10\n smlad r7, r12, r2, r7\n smlad r11, r12, r3, r11\n"
#define PAIR_BITS "6" // 64 bytes

__attribute__((naked)) void nn_dot_int16_4x2(__attribute__((unused)) const nn_dot_pair *job) {
    __asm__ volatile(
        "push {r4-r11, lr}\n sub sp, #36\n"
        "ldmia r0, {r1-r8}\n stmia sp, {r1-r8}\n mov r0, r8\n"
        // [sp, #32]: where the loop over the remaining pairs is entered, so that it ends after a whole turn
        "sub r2, r2, r1\n lsr r2, r2, #3\n sub r2, r2, #1\n" // pairs after the first
        "adr.w r3, 4f\n cbz r2, 1f\n"
        "rsb r2, r2, #0\n and r2, r2, #15\n adr.w r3, 3f\n add r3, r3, r2, lsl #" PAIR_BITS "\n"
        "1: orr r3, r3, #1\n str r3, [sp, #32]\n"

        "2:\n" // four channels
        "ldmia r0!, {r4-r7}\n ldr r1, [sp]\n"
        "ldr.w r12, [r0], #4\n ldr.w r2, [r1], #4\n ldr.w r3, [r1], #4\n sxtb16 lr, r12\n sxtb16 r12, r12, ror #8\n"
        "smlad r8, lr, r3, r4\n smlad r4, lr, r2, r4\n smlad r9, r12, r3, r5\n smlad r5, r12, r2, r5\n"
        "ldr.w r12, [r0], #4\n sxtb16 lr, r12\n sxtb16 r12, r12, ror #8\n"
        "smlad r10, lr, r3, r6\n smlad r6, lr, r2, r6\n smlad r11, r12, r3, r7\n smlad r7, r12, r2, r7\n"
        "ldr r2, [sp, #32]\n bx r2\n"
        ".balign 4\n"
        "3:\n"
        ".rept 16\n" PAIR ".endr\n"
        "ldr r2, [sp, #4]\n cmp r1, r2\n bne.w 3b\n"
        ".balign 4\n"
        "4:\n"
        "ldmia r0!, {r3}\n ldmia r0!, {r1, r2}\n mov r12, #1\n ldr lr, [sp, #12]\n cmp lr, #0\n beq.w 6f\n" //
        EIGHT(SIGNED) "5:\n"
                      "ldr r1, [sp, #16]\n ldr r2, [sp, #20]\n ldr r3, [sp, #24]\n"
                      "pkhbt r4, r4, r5, lsl #16\n pkhbt r6, r6, r7, lsl #16\n pkhbt r8, r8, r9, lsl #16\n"
                      "pkhbt r10, r10, r11, lsl #16\n"
                      "str r4, [r1], #4\n str r6, [r1], #4\n str r8, [r2], #4\n str r10, [r2], #4\n"
                      "str r1, [sp, #16]\n str r2, [sp, #20]\n"
                      "cmp r0, r3\n bne.w 2b\n"
                      "add sp, #36\n pop {r4-r11, pc}\n"
                      "6:\n" EIGHT(FROM_0) "b.w 5b\n");
}

// Registers: r0 packed, r1 taps, r2 a pair of them, r8-r11 weights, r4-r7 sums.
#define ONE_PAIR                                                                                                       \
    "ldr.w r2, [r1], #4\n ldr.w r8, [r0], #4\n ldr.w r9, [r0], #4\n"                                                   \
    "sxtb16 r10, r8\n sxtb16 r8, r8, ror #8\n sxtb16 r11, r9\n sxtb16 r9, r9, ror #8\n"                                \
    "smlad r4, r10, r2, r4\n smlad r5, r8, r2, r5\n smlad r6, r11, r2, r6\n smlad r7, r9, r2, r7\n"
#define ONE_BYTES "44"

__attribute__((naked)) void nn_dot_int16_4x1(__attribute__((unused)) const nn_dot_int16_one *job) {
    __asm__ volatile("push {r4-r11, lr}\n sub sp, #28\n"
                     "ldmia r0, {r1-r6}\n stmia sp, {r1-r5}\n mov r0, r6\n"
                     // [sp, #20]: where the loop is entered, so that it ends after a whole turn
                     "sub r2, r1, r2\n asr r2, r2, #2\n and r2, r2, #15\n mov r3, #" ONE_BYTES
                     "\n mul r2, r2, r3\n adr.w r3, 3f\n"
                     "add r3, r3, r2\n orr r3, r3, #1\n str r3, [sp, #20]\n"
                     "2:\n" // four channels
                     "ldmia r0!, {r4-r7}\n ldr r1, [sp]\n ldr r2, [sp, #20]\n bx r2\n"
                     ".balign 4\n"
                     "3:\n"
                     ".rept 16\n" ONE_PAIR ".endr\n"
                     "ldr r2, [sp, #4]\n cmp r1, r2\n bne.w 3b\n"
                     "ldmia r0!, {r3, r8-r11}\n mov r12, #1\n ldr lr, [sp, #8]\n cmp lr, #0\n beq.w 6f\n" //
                     FOUR(SIGNED) "5:\n"
                                  "ldr r1, [sp, #12]\n ldr r3, [sp, #16]\n"
                                  "pkhbt r4, r4, r5, lsl #16\n pkhbt r6, r6, r7, lsl #16\n str r4, [r1], #4\n str r6, "
                                  "[r1], #4\n str r1, [sp, #12]\n"
                                  "cmp r0, r3\n bne.w 2b\n"
                                  "add sp, #28\n pop {r4-r11, pc}\n"
                                  "6:\n" FOUR(FROM_0) "b 5b\n");
}

#else

// Adds a pair of taps to the sums of four channels.
static void multiply(const int32_t *weights, int32_t tap0, int32_t tap1, int32_t sums[4]) {
    for (int c = 0; c < 4; c++) {
        sums[c] += nn_byte(weights[c / 2], c % 2) * tap0;
        sums[c] += nn_byte(weights[c / 2], 2 + c % 2) * tap1;
    }
}

static void finish(const int32_t *scales, const int32_t sums[4], int32_t symmetric, int16_t *out) {
    for (int c = 0; c < 4; c++) {
        const int shift = nn_byte(scales[0], c) + 17;
        const int64_t scaled = ((int64_t)sums[c] * (scales[c + 1] >> 16) + (INT64_C(1) << (shift - 1))) >> shift;
        out[c] = (int16_t)nn_clamp((int32_t)scaled, symmetric ? INT16_MIN : 0, INT16_MAX);
    }
}

void nn_dot_int16_4x2(const nn_dot_pair *job) {
    int16_t *out[2] = {(int16_t *)(void *)job->out0, (int16_t *)(void *)job->out1};
    const uint32_t pairs = (uint32_t)(job->taps_end - job->taps) / 2;
    for (const int32_t *packed = job->packed; packed != job->packed_end; packed += 4 + 2 * pairs + 5) {
        for (int pixel = 0; pixel < 2; pixel++, out[pixel - 1] += 4) {
            int32_t sums[4] = {packed[0], packed[1], packed[2], packed[3]};
            for (uint32_t i = 0; i < pairs; i++) {
                const uint32_t taps = job->taps[2 * i + (uint32_t)pixel];
                multiply(packed + 4 + 2 * i, (int16_t)(taps & 0xFFFF), (int16_t)(taps >> 16), sums);
            }
            finish(packed + 4 + 2 * pairs, sums, job->symmetric, out[pixel]);
        }
    }
}

void nn_dot_int16_4x1(const nn_dot_int16_one *job) {
    int16_t *out = job->out;
    const uint32_t size = (uint32_t)(job->input_end - job->input);
    for (const int32_t *packed = job->packed; packed != job->packed_end; packed += 4 + size + 5, out += 4) {
        int32_t sums[4] = {packed[0], packed[1], packed[2], packed[3]};
        for (uint32_t i = 0; i < size; i += 2) multiply(packed + 4 + i, job->input[i], job->input[i + 1], sums);
        finish(packed + 4 + size, sums, job->symmetric, out);
    }
}

#endif
