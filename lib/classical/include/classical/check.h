// check.h: whether a model computes here what it computed where it was made: the CRC-32 of its scores for a fixed row.
#ifndef CLASSICAL_CHECK_H
#define CLASSICAL_CHECK_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

uint32_t classical_crc32(const void *bytes, uint16_t size); // CRC-32/ISO-HDLC, as zlib; of RAM
// x = x * 1664525 + 1013904223 from 12345, the top byte each, as nn_fixed_input has it.
void classical_fixed_row(int8_t *x, uint8_t inputs);

#ifdef __cplusplus
}
#endif
#endif
