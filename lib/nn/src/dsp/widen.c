#include "widen.h"
#include "dot.h" // NN_DSP

#if NN_DSP

// Registers: r0 from, r1 to, r2 rows left, r3 size, r6 gap, r7 taps left less what the loop at hand takes; r11 the sum,
// lr two ones. ADD puts a word of two taps into the sum, or is nothing.
// LDR takes any alignment, LDM would not; four in a row cost five cycles.
// clang-format off: it would indent each line of the loops further than the one before
#define NOTHING(word) ""
#define SUM(word) "smlad r11, " word ", lr, r11\n"

#define WIDEN(ADD, word, spare, place)                                                                                 \
    "sxtb16 " spare ", " word "\n sxtb16 " word ", " word ", ror #8\n" ADD(spare) ADD(word)                            \
    "str.w " word ", [r1, #" place " + 8]\n"

// Rows below 16 taps: both parts of a row, whole words and what is left, are entered where their size says.
#define ONE_WORD(ADD) "ldr.w r4, [r0], #4\n" WIDEN(ADD, "r4", "r5", "0") "str.w r5, [r1], #16\n"

// The last of one to three taps, the first of them in r4; flags say whether there are two. Goes on at `end`.
#define LAST_TAPS(ADD, two, one, end)                                                                                  \
    "ldrsb r5, [r0], #1\n beq " two "f\n"                                                                              \
    "ldrsb r8, [r0], #1\n pkhbt r4, r4, r8, lsl #16\n" ADD("r4") ADD("r5")                                             \
    "str r5, [r1, #8]\n str r4, [r1], #16\n b " end "f\n"                                                              \
    two ":\n pkhbt r4, r4, r5, lsl #16\n"                                                                              \
    one ":\n" ADD("r4") "str r4, [r1], #8\n" /* one left: the weight beside it is 0 */

#define LONG_ROWS(ADD)                                                                                                 \
    "1:\n subs r7, r3, #16\n"                                                                                          \
    "2:\n"                                                                                                             \
    "ldr r4, [r0], #4\n ldr r5, [r0], #4\n ldr r8, [r0], #4\n ldr r9, [r0], #4\n"                                      \
    WIDEN(ADD, "r4", "r10", "0")                                                                                       \
    WIDEN(ADD, "r5", "r12", "16") "str r12, [r1, #16]\n"                                                               \
    WIDEN(ADD, "r8", "r12", "32") "str r12, [r1, #32]\n"                                                               \
    WIDEN(ADD, "r9", "r12", "48") "str r12, [r1, #48]\n str r10, [r1], #64\n"                                          \
    "subs r7, r7, #16\n bge 2b\n adds r7, r7, #12\n blt 5f\n"                                                          \
    "4:\n" ONE_WORD(ADD) "subs r7, r7, #4\n bge 4b\n"                                                                  \
    "5:\n adds r7, r7, #4\n beq 8f\n"                                                                                  \
    "ldrsb r4, [r0], #1\n subs r7, r7, #2\n blt 7f\n" LAST_TAPS(ADD, "6", "7", "8")                                    \
    "8:\n add r0, r0, r6\n subs r2, r2, #1\n bne.w 1b\n"

#define SHORT_ROWS(ADD, WORD_BYTES)                                                                                    \
    "10:\n adr.w r7, 12f\n lsr r4, r3, #2\n rsb r4, r4, #3\n mov r5, #" WORD_BYTES "\n mla r7, r4, r5, r7\n"           \
    "orr r7, r7, #1\n and r3, r3, #3\n"                                                                                \
    ".balign 4\n"                                                                                                      \
    "11:\n bx r7\n"                                                                                                    \
    ".balign 4\n"                                                                                                      \
    "12:\n" ONE_WORD(ADD) ONE_WORD(ADD) ONE_WORD(ADD)                                                                  \
    "cbz r3, 18f\n cmp r3, #2\n ldrsb r4, [r0], #1\n blt 17f\n" LAST_TAPS(ADD, "16", "17", "18")                       \
    "18:\n add r0, r0, r6\n subs r2, r2, #1\n bne 11b\n"

#define WIDEN_ROWS(ADD, WORD_BYTES, END)                                                                               \
    "cmp r3, #16\n blt.w 10f\n" LONG_ROWS(ADD) END SHORT_ROWS(ADD, WORD_BYTES) END
// clang-format on

__attribute__((naked)) void nn_widen(__attribute__((unused)) const int8_t *from, __attribute__((unused)) uint32_t *to,
                                     __attribute__((unused)) const nn_rows *rows) {
    __asm__ volatile("push {r4-r10, lr}\n ldrd r4, r3, [r2]\n ldr r6, [r2, #8]\n mov r2, r4\n" WIDEN_ROWS(
        NOTHING, "20", "pop {r4-r10, pc}\n"));
}

__attribute__((naked)) void nn_widen_and_sum(__attribute__((unused)) const int8_t *from,
                                             __attribute__((unused)) uint32_t *to,
                                             __attribute__((unused)) const nn_rows *rows) {
    __asm__ volatile("push {r4-r11, lr}\n sub sp, #4\n ldrd r4, r3, [r2]\n ldrd r6, r5, [r2, #8]\n mov r2, r4\n"
                     "str r5, [sp]\n mov r11, #0\n mov lr, #0x00010001\n" WIDEN_ROWS(
                         SUM, "28", "ldr r4, [sp]\n str r11, [r4]\n add sp, #4\n pop {r4-r11, pc}\n"));
}

// Registers: r0 from, r1 to, r2 the other pixel's, r3 rows left, r4-r8 words, r9 taps left, r10 shift, r11 taps of
// both, r12 from behind a row to the next one's first tap.
// clang-format off: as above
#define FOUR_WORDS "ldr r4, [r0], #4\n ldr r5, [r0], #4\n ldr r6, [r0], #4\n ldr r7, [r0], #4\n"
#define TO_ONE(word, to, place)                                                                                        \
    "sxtb16 r8, " word "\n sxtb16 " word ", " word ", ror #8\n"                                                        \
    "str r8, [" to ", #" place "]\n str " word ", [" to ", #" place " + 8]\n"
#define TO_BOTH(word, place)                                                                                           \
    TO_ONE(word, "r1", place) "str r8, [r2, #" place "]\n str " word ", [r2, #" place " + 8]\n"
#define SIXTEEN_TO_ONE(to)                                                                                             \
    FOUR_WORDS TO_ONE("r4", to, "0") TO_ONE("r5", to, "16") TO_ONE("r6", to, "32") TO_ONE("r7", to, "48")              \
    "add " to ", #64\n subs r9, r9, #16\n"
#define SIXTEEN_TO_BOTH                                                                                                \
    FOUR_WORDS TO_BOTH("r4", "0") TO_BOTH("r5", "16") TO_BOTH("r6", "32") TO_BOTH("r7", "48")                          \
    "add r1, #64\n add r2, #64\n subs r9, r9, #16\n"
// clang-format on

__attribute__((naked)) void nn_widen_two(__attribute__((unused)) const int8_t *from,
                                         __attribute__((unused)) uint32_t *to,
                                         __attribute__((unused)) const nn_rows *rows,
                                         __attribute__((unused)) uint32_t shift) {
    __asm__ volatile(
        "push {r4-r11, lr}\n mov r10, r3\n ldmia r2, {r3, r11, r12}\n add r2, r1, #4\n"
        "sub r11, r11, r10\n sub r12, r12, r10\n"
        "1:\n mov r9, r10\n"
        "2:\n" SIXTEEN_TO_ONE("r1") "bne 2b\n movs r9, r11\n beq 4f\n"
                                    "3:\n" SIXTEEN_TO_BOTH "bne 3b\n"
                                    "4:\n mov r9, r10\n"
                                    "5:\n" SIXTEEN_TO_ONE(
                                        "r2") "bne 5b\n"
                                              "add r0, r0, r12\n subs r3, r3, #1\n bne 1b\n pop {r4-r11, pc}\n");
}

#else

static uint32_t pair(int8_t tap0, int8_t tap1) {
    return (uint16_t)tap0 | (uint32_t)(uint16_t)tap1 << 16;
}

static uint32_t *widen_row(const int8_t *from, uint32_t size, uint32_t *to) {
    for (; size >= 4; size -= 4, from += 4, to += 4) {
        to[0] = pair(from[0], from[2]);
        to[2] = pair(from[1], from[3]);
    }
    if (size == 0) return to;
    to[0] = pair(from[0], size == 1 ? 0 : from[size - 1]);
    if (size < 3) return to + 2;
    to[2] = pair(from[1], 0);
    return to + 4;
}

void nn_widen(const int8_t *from, uint32_t *to, const nn_rows *rows) {
    for (uint32_t row = 0; row < rows->rows; row++, from += (int32_t)rows->size + rows->gap) {
        to = widen_row(from, rows->size, to);
    }
}

void nn_widen_two(const int8_t *from, uint32_t *to, const nn_rows *rows, uint32_t shift) {
    nn_widen(from, to, rows);
    nn_widen(from + shift, to + 1, rows);
}

void nn_widen_and_sum(const int8_t *from, uint32_t *to, const nn_rows *rows) {
    nn_widen(from, to, rows);
    *rows->sum = 0;
    for (uint32_t row = 0; row < rows->rows; row++, from += (int32_t)rows->size + rows->gap) {
        for (uint32_t i = 0; i < rows->size; i++) *rows->sum += from[i];
    }
}

#endif
