// The innermost loop of the 3x3 depthwise kernel: one channel at a time, its nine weights in six registers, four
// outputs a turn. Two taps of a row are one SMLAD, the third a 16-bit multiplication.
//
// Weights and bias are doubled, so that the sum is what the last step wants (see dot.c); results below the zero point
// are clamped, so it needs no correction for negative ones.
#include "planes.h"
#include "dot.h" // NN_DSP
#include "nn/requantise.h"

#if NN_DSP

// Stack: the job's words at 0, then what belongs to the channel and to the row.
#define COLUMN_STEP   "[sp, #12]"
#define JOB_CENTRE    "[sp, #28]"
#define BIAS          "[sp, #32]"
#define MULTIPLIER    "[sp, #36]"
#define SHIFT         "[sp, #40]"
#define CENTRE        "[sp, #44]"
#define OUT           "[sp, #48]" // of the next output
#define ROW_END       "[sp, #52]" // where the loop over four outputs ends
#define ROW           "[sp, #56]" // the row's first word
#define ROWS_LEFT     "[sp, #60]"
#define CHANNELS_LEFT "[sp, #64]"
#define ROW_SPAN      "[sp, #68]" // bytes of the plane that whole turns take
#define COLUMNS_LEFT  "[sp, #72]" // 0 to 3, after whole turns
#define OUT_ROW       "[sp, #76]"
#define FRAME         "84"

// A row of the window: w0 w1 w2 and a byte of another use, doubled, to (w1, w0) and (w2, w1).
#define WEIGHTS(w01, w12)                                                                                              \
    "sxtb16 r7, r6\n sxtb16 r8, r6, ror #8\n sadd16 r7, r7, r7\n sadd16 r10, r8, r8\n"                                 \
    "pkhbt " w01 ", r7, r10, lsl #16\n pkhtb " w12 ", r7, r10\n"

// Stride 1. Four outputs of one row of the window; `first` is what the sums start from.
#define LOAD_1(offset)                                                                                                 \
    "ldr r10, [lr, #" offset "]\n ldr r11, [lr, #" offset " + 128]\n ldr r12, [lr, #" offset " + 256]\n"
#define FOUR_1(w01, w12, a, b, c, d)                                                                                   \
    "smlad r6, r10, " w01 ", " a "\n smlatb r7, r10, " w01 ", " b "\n smlad r8, r11, " w01 ", " c "\n"                 \
    "smlatb r9, r11, " w01 ", " d "\n"                                                                                 \
    "smlabt r6, r11, " w12 ", r6\n smlad r7, r11, " w12 ", r7\n smlabt r8, r12, " w12 ", r8\n"                         \
    "smlad r9, r12, " w12 ", r9\n"
#define TURN_1                                                                                                         \
    LOAD_1("0")                                                                                                        \
    "ldr r9, " BIAS "\n" FOUR_1("r0", "r1", "r9", "r9", "r9", "r9") LOAD_1("16")                                       \
        FOUR_1("r2", "r3", "r6", "r7", "r8", "r9") LOAD_1("32") FOUR_1("r4", "r5", "r6", "r7", "r8", "r9")

// Stride 2.
#define FOUR_2(offset, w01, w12, a, b, c, d)                                                                           \
    "smlad r6, r10, " w01 ", " a "\n smlad r7, r11, " w01 ", " b "\n smlad r8, r12, " w01 ", " c "\n"                  \
    "smlabt r6, r11, " w12 ", r6\n smlabt r7, r12, " w12 ", r7\n"                                                      \
    "ldr r10, [lr, #" offset " + 384]\n ldr r11, [lr, #" offset " + 512]\n"                                            \
    "smlabt r8, r10, " w12 ", r8\n smlad r9, r10, " w01 ", " d "\n smlabt r9, r11, " w12 ", r9\n"
#define TURN_2                                                                                                         \
    LOAD_1("0")                                                                                                        \
    "ldr r9, " BIAS "\n" FOUR_2("0", "r0", "r1", "r9", "r9", "r9", "r9") LOAD_1("16")                                  \
        FOUR_2("16", "r2", "r3", "r6", "r7", "r8", "r9") LOAD_1("32") FOUR_2("32", "r4", "r5", "r6", "r7", "r8", "r9")

// Two outputs, for the end of a row.
#define TWO_1(w01, w12, a, b)                                                                                          \
    "smlad r6, r10, " w01 ", " a "\n smlatb r7, r10, " w01 ", " b "\n"                                                 \
    "smlabt r6, r11, " w12 ", r6\n smlad r7, r11, " w12 ", r7\n"
#define TWO_2(w01, w12, a, b)                                                                                          \
    "smlad r6, r10, " w01 ", " a "\n smlad r7, r11, " w01 ", " b "\n"                                                  \
    "smlabt r6, r11, " w12 ", r6\n smlabt r7, r12, " w12 ", r7\n"
#define HALF_TURN(TWO)                                                                                                 \
    LOAD_1("0")                                                                                                        \
    "ldr r9, " BIAS "\n" TWO("r0", "r1", "r9", "r9") LOAD_1("16") TWO("r2", "r3", "r6", "r7") LOAD_1("32")             \
        TWO("r4", "r5", "r6", "r7")

#define SCALE_CONSTANTS "ldr r10, " MULTIPLIER "\n ldr r11, " SHIFT "\n ldr r12, " CENTRE "\n"
#define SCALE(a, b)                                                                                                    \
    "smmlar " a ", " a ", r10, r12\n smmlar " b ", " b ", r10, r12\n asr " a ", " a ", r11\n asr " b ", " b ", r11\n"  \
    "ssat " a ", #8, " a ", asr #1\n ssat " b ", #8, " b ", asr #1\n"

#define ROWS_OF_ONE_CHANNEL(TURN, TWO, SPAN, ROW_STEP)                                                                 \
    "4:\n" /* a row */                                                                                                 \
    "ldr lr, " ROW "\n ldr r10, " ROW_SPAN "\n ldr r11, " OUT_ROW "\n"                                                 \
    "str r11, " OUT "\n add r10, r10, lr\n str r10, " ROW_END "\n cmp r10, lr\n beq.w 6f\n"                            \
    "5:\n" TURN SCALE_CONSTANTS SCALE("r6", "r7") SCALE(                                                               \
        "r8", "r9") "ldr r10, " OUT "\n ldr r11, " COLUMN_STEP "\n ldr r12, " ROW_END "\n"                             \
                    "add lr, lr, #" SPAN "\n"                                                                          \
                    "strb r6, [r10]\n strb r7, [r10, r11]\n add r10, r10, r11, lsl #1\n cmp lr, r12\n"                 \
                    "strb r8, [r10]\n strb r9, [r10, r11]\n add r10, r10, r11, lsl #1\n str r10, " OUT "\n bne.w 5b\n" \
                    "6:\n"                                                                                             \
                    "ldr r10, " COLUMNS_LEFT                                                                           \
                    "\n cmp r10, #0\n beq.w 9f\n cmp r10, #3\n beq.w 7f\n" HALF_TURN(TWO) SCALE_CONSTANTS SCALE(       \
                        "r6", "r7") "b.w 8f\n"                                                                         \
                                    "7:\n" TURN SCALE_CONSTANTS SCALE("r6", "r7") SCALE(                               \
                                        "r8", "r9") "ldr r10, " OUT "\n ldr r11, " COLUMN_STEP                         \
                                                    "\n add r10, r10, r11, lsl #1\n strb r8, [r10]\n"                  \
                                                    "8:\n"                                                             \
                                                    "ldr r10, " OUT "\n ldr r11, " COLUMN_STEP                         \
                                                    "\n ldr r12, " COLUMNS_LEFT "\n"                                   \
                                                    "strb r6, [r10]\n cmp r12, #1\n beq.w 9f\n strb r7, [r10, r11]\n"  \
                                                    "9:\n"                                                             \
                                                    "ldr r6, " ROW "\n ldr r7, " OUT_ROW                               \
                                                    "\n ldr r8, [sp, #16]\n ldr r9, " ROWS_LEFT "\n"                   \
                                                    "add r6, r6, #" ROW_STEP "\n add r7, r7, r8\n str r6, " ROW        \
                                                    "\n str r7, " OUT_ROW "\n"                                         \
                                                    "subs r9, r9, #1\n str r9, " ROWS_LEFT "\n bne.w 4b\n"

#define DEPTHWISE(TURN, TWO, SPAN, ROW_STEP)                                                                           \
    "push {r4-r11, lr}\n sub sp, #" FRAME "\n"                                                                         \
    "ldmia r0, {r1-r8}\n stmia sp, {r1-r8}\n"                                                                          \
    "and r9, r7, #3\n str r9, " COLUMNS_LEFT "\n lsr r7, r7, #2\n mov r9, #" SPAN "\n mul r7, r7, r9\n"                \
    "str r7, " ROW_SPAN "\n mov r9, #4\n str r9, " CHANNELS_LEFT "\n"                                                  \
    "3:\n" /* a channel */                                                                                             \
    "ldr lr, [sp, #4]\n ldr r6, [lr]\n" WEIGHTS(                                                                       \
        "r0",                                                                                                          \
        "r1") "asr r12, r8, #16\n"                                                                                     \
              "ldr r6, [lr, #4]\n" WEIGHTS("r2", "r3") "ldr r6, [lr, #8]\n" WEIGHTS(                                   \
                  "r4",                                                                                                \
                  "r5") "ldr r6, [lr, #12]\n ldr r7, [lr, #16]\n add lr, lr, #20\n str lr, [sp, #4]\n"                 \
                        "ldr r8, " JOB_CENTRE "\n lsl r8, r8, r12\n"                                                   \
                        "str r6, " BIAS "\n str r7, " MULTIPLIER "\n str r12, " SHIFT "\n str r8, " CENTRE "\n"        \
                        "ldr r6, [sp]\n ldr r7, [sp, #8]\n ldr r8, [sp, #20]\n"                                        \
                        "str r6, " ROW "\n str r7, " OUT_ROW "\n str r8, " ROWS_LEFT "\n"                              \
                        "add r6, r6, #4\n add r7, r7, #1\n str r6, [sp]\n str r7, [sp, #8]\n" ROWS_OF_ONE_CHANNEL(     \
                            TURN, TWO, SPAN, ROW_STEP) "ldr r9, " CHANNELS_LEFT                                        \
                                                       "\n subs r9, r9, #1\n str r9, " CHANNELS_LEFT "\n bne.w 3b\n"   \
                                                       "add sp, #" FRAME "\n pop {r4-r11, pc}\n"

__attribute__((naked)) void nn_depthwise_3x3_stride_1(__attribute__((unused)) const nn_plane_job *job) {
    __asm__ volatile(DEPTHWISE(TURN_1, TWO_1, "256", "16"));
}

__attribute__((naked)) void nn_depthwise_3x3_stride_2(__attribute__((unused)) const nn_plane_job *job) {
    __asm__ volatile(DEPTHWISE(TURN_2, TWO_2, "512", "32"));
}

#else

static int32_t tap(const uint32_t *plane, uint32_t column, uint32_t row) {
    const uint32_t word = plane[column / 2u * NN_PLANE_PAIR + row * NN_PLANE_CHANNELS];
    return (int16_t)(word >> (column % 2u * 16u) & 0xFFFF);
}

static int32_t window(const uint32_t *plane, const int32_t *packed, uint32_t column, uint32_t row) {
    int32_t sum = packed[3] / 2; // the bias is doubled
    for (uint32_t ky = 0; ky < 3; ky++) {
        for (uint32_t kx = 0; kx < 3; kx++) {
            const int32_t weight = (int8_t)((uint32_t)packed[ky] >> (8u * kx) & 0xFF);
            sum += weight * tap(plane, column + kx, row + ky);
        }
    }
    return sum;
}

static void depthwise(const nn_plane_job *job, uint32_t stride) {
    for (uint32_t c = 0; c < NN_PLANE_CHANNELS; c++) {
        const int32_t *packed = job->packed + 5u * c;
        const int shift = (int)((uint32_t)packed[0] >> 24) + 1;
        for (uint32_t y = 0; y < job->rows; y++) {
            for (uint32_t x = 0; x < job->columns; x++) {
                const int32_t sum = window(job->plane + c, packed, x * stride, y * stride);
                const int32_t scaled = nn_requantise(sum, packed[4], -shift) + (job->centre >> 1);
                job->out[y * job->row_step + x * job->column_step + c] = (int8_t)nn_clamp(scaled, -128, 127);
            }
        }
    }
}

void nn_depthwise_3x3_stride_1(const nn_plane_job *job) {
    depthwise(job, 1);
}
void nn_depthwise_3x3_stride_2(const nn_plane_job *job) {
    depthwise(job, 2);
}

#endif
