"""Writes the constant tables of lib/frontend: python -m ml.native.tables

The same file every time, on every computer: the tables are committed, and a test compares.
"""

import itertools
import math
from pathlib import Path

from ml.native.build import ROOT

SOURCES = ROOT / "lib" / "frontend" / "src"
FFT_SIZES = (64, 128, 256, 512, 1024, 2048)
LOG2_STEPS = 32
SOFT_STEPS_PER_OCTAVE, SOFT_OCTAVES = 4, 10


def q15(value: float) -> int:
    """A cosine or sine as Q15, 1 as 32767."""
    return min(32767, round(value * 32768))


def turn(steps: float, circle: int) -> int:
    """`steps` of a `circle` as a word: cosine in the low half, sine in the high half, Q15."""
    angle = 2 * math.pi * steps / circle
    return q15(math.cos(angle)) & 0xFFFF | (q15(math.sin(angle)) & 0xFFFF) << 16


def array(declaration: str, values: list[int], per_line: int, form: str) -> str:
    """A C array, a few values a line."""
    lines = [
        "    " + ", ".join(form.format(value) for value in values[i : i + per_line]) + ","
        for i in range(0, len(values), per_line)
    ]
    return "\n".join([f"{declaration} = {{", *lines, "};"])


def fft_source(size: int) -> str:
    """lib/frontend/src/fft_<size>.c"""
    points = size // 2
    turns = [turn(k * j, points) for j in range(points // 4) for k in (1, 2, 3)]
    separation = [turn(k + size / 4, size) for k in range(1, points // 2 + 1)]
    return f"""// Written by `python -m ml.native.tables`; do not edit.
// clang-format off
// fft_{size}.c: the transform of {size} samples and its tables: cosine (low half) and sine (high half) in Q15.
#include <stdint.h>

#define FFT_SIZE {size}

// j, 2 j and 3 j / {points} of a circle, for j = 0..{points // 4 - 1}
{array(f"static const uint32_t turns[{len(turns)}]", turns, 9, "0x{:08X}")}

// k / {size} and a quarter of a circle, for k = 1..{points // 2}
{array(f"static const uint32_t separation[{len(separation)}]", separation, 9, "0x{:08X}")}

#include "fft_template.h"

const fft_plan fft_{size} = {{FFT_SIZE, transform}};
"""


def tables_header() -> str:
    """lib/frontend/src/tables.h"""
    log2 = [round(65536 * math.log2(1 + i / LOG2_STEPS)) for i in range(LOG2_STEPS + 1)]
    entries = [value << 16 | following - value for value, following in itertools.pairwise(log2)]
    steps = SOFT_STEPS_PER_OCTAVE * SOFT_OCTAVES
    soft = [round(256 * math.log2(1 + 2 ** (-i / SOFT_STEPS_PER_OCTAVE))) for i in range(steps + 1)]
    return f"""// Written by `python -m ml.native.tables`; do not edit.
// clang-format off
#ifndef FRONTEND_TABLES_H
#define FRONTEND_TABLES_H

#include <stdint.h>

// log2(1 + i / {LOG2_STEPS}) * 65536 in the upper half, the step to the next one in the lower
{array(f"static const uint32_t log2_table[{len(entries)}]", entries, 9, "0x{:08X}")}

// log2(1 + 2^(-i / {SOFT_STEPS_PER_OCTAVE})) * 256
#define SOFT_TABLE_LAST {steps}
{array(f"static const uint16_t soft_table[{len(soft)}]", soft, 21, "{}")}

#endif
"""


def sources() -> dict[Path, str]:
    """Every generated file and what belongs into it."""
    made = {SOURCES / f"fft_{size}.c": fft_source(size) for size in FFT_SIZES}
    return made | {SOURCES / "tables.h": tables_header()}


if __name__ == "__main__":
    for path, text in sources().items():
        path.write_text(text)
