// Written by `python -m ml.native.tables`; do not edit.
#ifndef FRONTEND_TABLES_H
#define FRONTEND_TABLES_H

#include <stdint.h>

// log2(1 + i / 32) * 65536; the last one, 65536, does not fit and is one less
static const uint16_t log2_table[33] = {
    0,     2909,  5732,  8473,  11136, 13727, 16248, 18704, 21098, 23433, 25711,
    27936, 30109, 32234, 34312, 36346, 38336, 40286, 42196, 44068, 45904, 47705,
    49472, 51207, 52911, 54584, 56229, 57845, 59434, 60997, 62534, 64047, 65535,
};

// log2(1 + 2^(-i / 4)) * 256
#define SOFT_TABLE_LAST 40
static const uint16_t soft_table[41] = {
    256, 225, 198, 172, 150, 130, 112, 96, 82, 70, 60, 51, 44, 37, 31, 26, 22, 19, 16, 13, 11,
    10,  8,   7,   6,   5,   4,   3,   3,  2,  2,  2,  1,  1,  1,  1,  1,  1,  1,  0,  0,
};

#endif
