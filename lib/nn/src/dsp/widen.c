#include "widen.h"
#include "dot.h" // NN_DSP

#if NN_DSP

// Registers: r0 from, r1 to, r2 rows left, r3 size, r6 gap, r7 taps left less what the loop at hand takes.
// LDR takes any alignment, LDM would not; four in a row cost five cycles.
#define WIDEN(word, spare, place)                                                                                      \
    "sxtb16 " spare ", " word "\n sxtb16 " word ", " word ", ror #8\n str.w " word ", [r1, #" place " + 8]\n"

// Rows below 16 taps: both parts of a row, whole words and what is left, are entered where their size says.
#define ONE_WORD   "ldr.w r4, [r0], #4\n" WIDEN("r4", "r5", "0") "str.w r5, [r1], #16\n"
#define WORD_BYTES "20"

__attribute__((naked)) void nn_widen(__attribute__((unused)) const int8_t *from, __attribute__((unused)) uint32_t *to,
                                     __attribute__((unused)) const nn_rows *rows) {
    __asm__ volatile(
        "push {r4-r10, lr}\n ldrd r4, r3, [r2]\n ldr r6, [r2, #8]\n mov r2, r4\n cmp r3, #16\n blt.w 10f\n"
        "1:\n subs r7, r3, #16\n"
        "2:\n"
        "ldr r4, [r0], #4\n ldr r5, [r0], #4\n ldr r8, [r0], #4\n ldr r9, [r0], #4\n" //
        WIDEN("r4", "r10", "0")
            WIDEN("r5", "r12", "16") "str r12, [r1, #16]\n" WIDEN("r8", "r12", "32") "str r12, [r1, #32]\n" WIDEN(
                "r9", "r12",
                "48") "str r12, [r1, #48]\n str r10, [r1], #64\n"
                      "subs r7, r7, #16\n bge 2b\n"
                      "adds r7, r7, #12\n blt 5f\n"
                      "4:\n" ONE_WORD "subs r7, r7, #4\n bge 4b\n"
                      "5:\n adds r7, r7, #4\n beq 8f\n"
                      "ldrsb r4, [r0], #1\n subs r7, r7, #2\n blt 7f\n" // one left: the weight beside it is 0
                      "ldrsb r5, [r0], #1\n beq 6f\n"
                      "ldrsb r8, [r0], #1\n pkhbt r4, r4, r8, lsl #16\n str r5, [r1, #8]\n str r4, [r1], #16\n b 8f\n"
                      "6:\n pkhbt r4, r4, r5, lsl #16\n"
                      "7:\n str r4, [r1], #8\n"
                      "8:\n add r0, r0, r6\n subs r2, r2, #1\n bne 1b\n"
                      "pop {r4-r10, pc}\n"

                      "10:\n adr.w r7, 12f\n lsr r4, r3, #2\n rsb r4, r4, #3\n mov r5, #" WORD_BYTES
                      "\n mla r7, r4, r5, r7\n"
                      "orr r7, r7, #1\n and r3, r3, #3\n"
                      ".balign 4\n"
                      "11:\n bx r7\n"
                      ".balign 4\n"
                      "12:\n" ONE_WORD ONE_WORD ONE_WORD //
                      "cbz r3, 18f\n cmp r3, #2\n ldrsb r4, [r0], #1\n blt 17f\n ldrsb r5, [r0], #1\n beq 16f\n"
                      "ldrsb r8, [r0], #1\n pkhbt r4, r4, r8, lsl #16\n str r5, [r1, #8]\n str r4, [r1], #16\n b 18f\n"
                      "16:\n pkhbt r4, r4, r5, lsl #16\n"
                      "17:\n str r4, [r1], #8\n"
                      "18:\n add r0, r0, r6\n subs r2, r2, #1\n bne 11b\n"
                      "pop {r4-r10, pc}\n");
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

#endif
