// Written by `python -m ml.native.tables`; do not edit.
// clang-format off
// fft_64.c: the transform of 64 samples and its tables: cosine (low half) and sine (high half) in Q15.
#include <stdint.h>

#define FFT_SIZE 64

// j, 2 j and 3 j / 32 of a circle, for j = 0..7
static const uint32_t turns[24] = {
    0x00007FFF, 0x00007FFF, 0x00007FFF, 0x18F97D8A, 0x30FC7642, 0x471D6A6E, 0x30FC7642, 0x5A825A82, 0x764230FC,
    0x471D6A6E, 0x764230FC, 0x7D8AE707, 0x5A825A82, 0x7FFF0000, 0x5A82A57E, 0x6A6E471D, 0x7642CF04, 0x18F98276,
    0x764230FC, 0x5A82A57E, 0xCF0489BE, 0x7D8A18F9, 0x30FC89BE, 0x9592B8E3,
};

// k / 64 and a quarter of a circle, for k = 1..16
static const uint32_t separation[16] = {
    0x7F62F374, 0x7D8AE707, 0x7A7DDAD8, 0x7642CF04, 0x70E3C3A9, 0x6A6EB8E3, 0x62F2AECC, 0x5A82A57E, 0x51349D0E,
    0x471D9592, 0x3C578F1D, 0x30FC89BE, 0x25288583, 0x18F98276, 0x0C8C809E, 0x00008000,
};

#include "fft_template.h"

const fft_plan fft_64 = {FFT_SIZE, transform};
