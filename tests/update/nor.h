// nor.h: the flash part of a board in RAM, by the rules of board.h, whose power fails at an operation that is chosen.
#ifndef TESTS_NOR_H
#define TESTS_NOR_H

#include "board/board.h"

#include <setjmp.h>

enum { NOR_PAGE = 1024, NOR_PAGES = 24, NOR_UNIT = 8 };
typedef enum { CUT_BEFORE, CUT_TORN, CUT_BEHIND, CUT_KINDS } nor_cut; // torn: a byte half written, a page half erased

extern uint8_t nor_bytes[NOR_PAGES * NOR_PAGE];
extern uint32_t nor_operations; // since nor_cut_at
extern jmp_buf nor_power_gone;

extern uint32_t nor_kept_from, nor_kept_to; // bytes that nothing may touch; both 0: none

void nor_cut_at(uint32_t operation, nor_cut kind); // the first is 0; UINT32_MAX: never
uint32_t nor_chance(uint32_t below);
void nor_seed(uint64_t seed);

#endif
