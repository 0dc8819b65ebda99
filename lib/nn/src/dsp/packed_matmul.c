// Products of two matrices that are both made at run time: some columns of b are widened to 16 bits, less their zero
// point and doubled (the last step scales twice the sum), then every two rows of a meet them four at a time.
#include "dot.h" // NN_DSP
#include "nn/batch_matmul.h"
#include "nn/requantise.h"
#include "widen.h"
#include <string.h>

#define COLUMNS 4 // a turn

// Two rows times `packed_end - packed` words of columns: for every four a bias each, then four words a pair of taps.
// The assembler copies the struct to its stack in this order.
typedef struct {
    const uint32_t *taps; // of both rows in turn, as nn_dot_pair's
    const uint32_t *taps_end;
    int32_t multiplier;
    int32_t shift;  // less one
    int32_t offset; // (2 * output zero point + 1) << shift
    int8_t *out0, *out1;
    const uint32_t *packed_end;
    const uint32_t *packed;
} rows_job;

#if NN_DSP

// Registers: r0 columns, r1 taps, r2 r3 taps of the two rows, r12 lr columns, r4-r7 and r8-r11 the sums of the rows.
#define PAIR                                                                                                           \
    "ldr.w r2, [r1], #4\n ldr.w r3, [r1], #4\n ldr.w r12, [r0], #4\n ldr.w lr, [r0], #4\n"                             \
    "smlad r4, r12, r2, r4\n smlad r8, r12, r3, r8\n smlad r5, lr, r2, r5\n smlad r9, lr, r3, r9\n"                    \
    "ldr.w r12, [r0], #4\n ldr.w lr, [r0], #4\n"                                                                       \
    "smlad r6, r12, r2, r6\n smlad r10, r12, r3, r10\n smlad r7, lr, r2, r7\n smlad r11, lr, r3, r11\n"
#define PAIR_BYTES "56"
#define TURNS      "16"
#define TURNS_LESS "15"

// As in dot.c. r1 multiplier, r2 shift, r3 offset.
#define SCALE(s)                                                                                                       \
    "smmulr " s ", " s ", r1\n add " s ", " s ", " s ", asr #31\n add " s ", " s ", r3\n asr " s ", " s                \
    ", r2\n ssat " s ", #8, " s ", asr #1\n"

__attribute__((naked, noinline)) static void two_rows(__attribute__((unused)) const rows_job *job) {
    __asm__ volatile(
        "push {r4-r11, lr}\n sub sp, #36\n"
        "ldmia r0, {r1-r9}\n stmia sp, {r1-r8}\n mov r0, r9\n"
        // [sp, #32]: where the loop is entered, so that it ends after a whole turn
        "sub r2, r1, r2\n asr r2, r2, #3\n and r2, r2, #" TURNS_LESS "\n"
        "mov r3, #" PAIR_BYTES "\n mul r2, r2, r3\n adr.w r3, 3f\n add r3, r3, r2\n"
        "orr r3, r3, #1\n str r3, [sp, #32]\n"

        "2:\n" // four columns
        "ldmia r0!, {r4-r7}\n ldr r1, [sp]\n ldr r2, [sp, #32]\n"
        "mov r8, r4\n mov r9, r5\n mov r10, r6\n mov r11, r7\n bx r2\n"
        ".balign 4\n"
        "3:\n"
        ".rept " TURNS "\n" PAIR ".endr\n"
        "ldr r2, [sp, #4]\n cmp r1, r2\n bne.w 3b\n"
        "ldr r1, [sp, #8]\n ldr r2, [sp, #12]\n ldr r3, [sp, #16]\n ldr r12, [sp, #20]\n ldr lr, [sp, #24]\n" SCALE(
            "r4") SCALE("r5") SCALE("r6") SCALE("r7") SCALE("r8") SCALE("r9") SCALE("r10")
            SCALE("r11") "strb r4, [r12], #1\n strb r5, [r12], #1\n strb r6, [r12], #1\n strb r7, [r12], #1\n"
                         "strb r8, [lr], #1\n strb r9, [lr], #1\n strb r10, [lr], #1\n strb r11, [lr], #1\n"
                         "ldr r3, [sp, #28]\n str r12, [sp, #20]\n str lr, [sp, #24]\n"
                         "cmp r0, r3\n bne.w 2b\n"
                         "add sp, #36\n pop {r4-r11, pc}\n");
}

#else

static int32_t low(uint32_t word) {
    return (int16_t)(word & 0xFFFF);
}
static int32_t high(uint32_t word) {
    return (int16_t)(word >> 16);
}

static int8_t scale(const rows_job *job, int32_t twice) {
    const int32_t scaled =
        nn_requantise(twice / 2, job->multiplier, -(job->shift + 1)) + (job->offset >> job->shift >> 1);
    return (int8_t)nn_clamp(scaled, -128, 127);
}

static void two_rows(const rows_job *job) {
    int8_t *out[2] = {job->out0, job->out1};
    const uint32_t pairs = (uint32_t)(job->taps_end - job->taps) / 2;
    for (const uint32_t *packed = job->packed; packed != job->packed_end; packed += COLUMNS * (pairs + 1)) {
        for (uint32_t row = 0; row < 2; row++) {
            for (uint32_t c = 0; c < COLUMNS; c++) {
                int32_t sum = (int32_t)packed[c];
                for (uint32_t i = 0; i < pairs; i++) {
                    const uint32_t taps = job->taps[2 * i + row], column = packed[COLUMNS * (i + 1) + c];
                    sum += low(taps) * low(column) + high(taps) * high(column);
                }
                *out[row]++ = scale(job, sum);
            }
        }
    }
}

#endif

static uint32_t halves(int32_t first, int32_t second) {
    return (uint16_t)first | (uint32_t)second << 16;
}

// `depth` elements, `step` apart, less `zero` and `times` as large, as pairs in every `gap`-th word of `to`. Returns
// their sum.
static int32_t widen_steps(const int8_t *from, uint32_t step, uint32_t depth, int32_t zero, int32_t times, uint32_t *to,
                           uint32_t gap) {
    int32_t sum = 0;
    for (; depth >= 4; depth -= 4, from += 4 * step, to += 2 * gap) {
        const int32_t x0 = times * (from[0] - zero), x1 = times * (from[step] - zero);
        const int32_t x2 = times * (from[2 * step] - zero), x3 = times * (from[3 * step] - zero);
        to[0] = halves(x0, x2);
        to[gap] = halves(x1, x3);
        sum += x0 + x1 + x2 + x3;
    }
    int32_t x[3] = {0, 0, 0};
    for (uint32_t i = 0; i < depth; i++) sum += x[i] = times * (from[i * step] - zero);
    if (depth > 0) to[0] = halves(x[0], depth == 2 ? x[1] : x[2]);
    if (depth == 3) to[gap] = halves(x[1], 0);
    return sum;
}

// Columns from `b` on to groups of four; those that fill up the last group are 0.
static void widen_columns(const nn_batch_matmul_params *layer, const int8_t *b, uint32_t count, uint32_t *to) {
    const uint32_t words = COLUMNS * (nn_pairs(layer->depth) + 1);
    for (uint32_t first = 0; first < count; first += COLUMNS, to += words) {
        if (count - first < COLUMNS) memset(to, 0, words * sizeof *to);
        for (uint32_t c = 0; c < COLUMNS && first + c < count; c++) {
            const int8_t *column = b + (first + c) * layer->b_column;
            const int32_t sum =
                widen_steps(column, layer->b_depth, layer->depth, layer->b_zero, 2, to + COLUMNS + c, COLUMNS);
            to[c] = (uint32_t)(-layer->a_zero * sum);
        }
    }
}

static void widen_row(const nn_batch_matmul_params *layer, const int8_t *row, uint32_t *taps) {
    const nn_rows one = {.rows = 1, .size = layer->depth};
    if (layer->a_depth == 1) {
        nn_widen(row, taps, &one);
    } else {
        widen_steps(row, layer->a_depth, layer->depth, 0, 1, taps, 2);
    }
}

// Two rows times `count` widened columns; the last one to three are written aside.
static void multiply_rows(rows_job job, uint32_t count, uint32_t words) {
    const uint32_t rest = count % COLUMNS, whole = count - rest;
    const uint32_t *middle = job.packed + whole / COLUMNS * words;
    int8_t aside[2 * COLUMNS], *out0 = job.out0 + whole, *out1 = job.out1 + whole;
    job.packed_end = middle;
    if (whole > 0) two_rows(&job);
    if (rest == 0) return;
    job.packed = middle;
    job.packed_end = middle + words;
    job.out0 = aside;
    job.out1 = aside + COLUMNS;
    two_rows(&job);
    memcpy(out0, aside, rest);
    memcpy(out1, aside + COLUMNS, rest);
}

static void multiply(const nn_packed_matmul *packed, const int8_t *a, const int8_t *b, int8_t *output,
                     uint32_t *scratch) {
    const nn_batch_matmul_params *layer = &packed->product;
    const uint32_t pairs = nn_pairs(layer->depth);
    rows_job job = {.taps = scratch,
                    .taps_end = scratch + 2 * pairs,
                    .multiplier = layer->multiplier,
                    .shift = -layer->shift - 1,
                    .offset = (2 * layer->output_zero + 1) * (1 << (-layer->shift - 1)),
                    .packed = scratch + 2 * pairs};
    for (uint32_t first = 0; first < layer->columns; first += packed->block) {
        const uint32_t left = layer->columns - first, count = left < packed->block ? left : packed->block;
        widen_columns(layer, b + first * layer->b_column, count, scratch + 2 * pairs);
        for (uint32_t row = 0; row < layer->rows; row += 2) {
            const uint32_t second = row + 1u < layer->rows ? row + 1u : row; // an odd last row is computed twice
            widen_row(layer, a + row * layer->a_row, scratch);
            widen_row(layer, a + second * layer->a_row, scratch + 1);
            job.out0 = output + row * layer->columns + first;
            job.out1 = output + second * layer->columns + first;
            multiply_rows(job, count, COLUMNS * (pairs + 1));
        }
    }
}

void nn_batch_matmul_packed(const nn_packed_matmul *layer, const int8_t *a, const int8_t *b, int8_t *output,
                            void *scratch) {
    const nn_batch_matmul_params *p = &layer->product;
    const uint32_t size = (uint32_t)p->rows * p->columns;
    for (uint32_t i = 0; i < p->batches[0]; i++) {
        for (uint32_t j = 0; j < p->batches[1]; j++) {
            for (uint32_t k = 0; k < p->batches[2]; k++, output += size) {
                multiply(layer, a + (i * p->a_batch[0] + j * p->a_batch[1] + k * p->a_batch[2]),
                         b + (i * p->b_batch[0] + j * p->b_batch[1] + k * p->b_batch[2]), output, scratch);
            }
        }
    }
}
