// everywhere.h: the power fails at each operation on the flash, and again while it goes on.
#ifndef TESTS_EVERYWHERE_H
#define TESTS_EVERYWHERE_H

#include "nor.h"

#include <stdio.h>
#include <string.h>

typedef struct {
    void (*start)(void);   // the board, which checks what it finds
    void (*deliver)(void); // the update from wherever it is to its end
    void (*go_on)(void);   // the same without a cut, and what must be true then
} cut_update;

static const char *doing; // for messages

static inline bool cut_in(void (*part)(void), uint32_t operation, nor_cut kind) {
    nor_cut_at(operation, kind);
    if (setjmp(nor_power_gone)) return true;
    part();
    return false;
}

static inline unsigned long cut_again(const cut_update *update, uint32_t first, nor_cut kind, uint32_t operations,
                                      uint32_t again) {
    unsigned long cuts = 0;
    doing = "a cut";
    if (cut_in(update->deliver, first, kind)) cuts++;
    doing = "a cut at the start behind a cut";
    if (again % 4 == 3 && cut_in(update->start, 0, (nor_cut)nor_chance(CUT_KINDS))) cuts++;
    doing = "a cut while it goes on";
    const uint32_t second = again ? nor_chance(operations - first / 2) : 0;
    if (again && cut_in(update->deliver, second, (nor_cut)nor_chance(CUT_KINDS))) cuts++;
    doing = "behind the cuts";
    nor_cut_at(UINT32_MAX, CUT_BEFORE);
    update->go_on();
    return cuts;
}

// Cuts from a flash as it is in `before`: every first one once, and `seconds` times with others behind it. Prints how
// many there were.
static inline void cut_everywhere(const cut_update *update, const uint8_t before[sizeof nor_bytes], uint32_t seconds) {
    unsigned long cuts = 0;
    memcpy(nor_bytes, before, sizeof nor_bytes);
    cut_in(update->deliver, UINT32_MAX, CUT_BEFORE);
    const uint32_t operations = nor_operations;
    for (uint32_t first = 0; first < operations; first++) {
        for (int kind = 0; kind < CUT_KINDS; kind++) {
            for (uint32_t again = 0; again <= seconds; again++) {
                memcpy(nor_bytes, before, sizeof nor_bytes);
                cuts += cut_again(update, first, (nor_cut)kind, operations, again);
            }
        }
    }
    printf("%u operations, %lu cuts\n", operations, cuts);
}

#endif
