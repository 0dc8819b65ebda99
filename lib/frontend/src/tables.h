// Written by `python -m ml.native.tables`; do not edit.
// clang-format off
#ifndef FRONTEND_TABLES_H
#define FRONTEND_TABLES_H

#include <stdint.h>

// log2(1 + i / 32) * 65536 in the upper half, the step to the next one in the lower
static const uint32_t log2_table[32] = {
    0x00000B5D, 0x0B5D0B07, 0x16640AB5, 0x21190A67, 0x2B800A1F, 0x359F09D9, 0x3F780998, 0x4910095A, 0x526A091F,
    0x5B8908E6, 0x646F08B1, 0x6D20087D, 0x759D084D, 0x7DEA081E, 0x860807F2, 0x8DFA07C6, 0x95C0079E, 0x9D5E0776,
    0xA4D40750, 0xAC24072C, 0xB3500709, 0xBA5906E7, 0xC14006C7, 0xC80706A8, 0xCEAF0689, 0xD538066D, 0xDBA50650,
    0xE1F50635, 0xE82A061B, 0xEE450601, 0xF44605E9, 0xFA2F05D1,
};

// log2(1 + 2^(-i / 4)) * 256
#define SOFT_TABLE_LAST 40
static const uint16_t soft_table[41] = {
    256, 225, 198, 172, 150, 130, 112, 96, 82, 70, 60, 51, 44, 37, 31, 26, 22, 19, 16, 13, 11,
    10, 8, 7, 6, 5, 4, 3, 3, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 0, 0,
};

#endif
