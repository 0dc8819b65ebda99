"""RSQRT, 1 / sqrt(x): a table by TFLM's Newton steps in fixed point."""

from __future__ import annotations

import numpy as np

from ml.compiler import fixed_point
from ml.compiler.fixed_point import high_mul
from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.lookup import INPUTS, check_unary, lookup_family
from ml.compiler.transcendental import shift_left

SHIFT = 20  # keeps an inverse root an integer until the output's scale is known
LARGEST = 1 << 10  # far outside int8; the table is clamped
ONE, THREE_HALVES = 1 << 28, (1 << 28) + (1 << 27)  # Q3.28
ROOT_HALF = 1518500250  # Q0.31


def check(op: Op) -> None:
    check_unary(op)
    given = op.inputs[0]
    checks.require(given.zero == -128, "it can be below 0, where there is no root", given)
    _scale_of(op)


def _scale_of(op: Op) -> tuple[int, int]:
    given, output = op.inputs[0], op.output
    inverse = np.sqrt(np.float32(given.scale)) * np.float32(output.scale)  # a float in TFLM too
    mantissa, shift = fixed_point.multiplier(1.0 / float(inverse))
    checks.require(shift <= SHIFT + 2, "its scale is far too small for the roots", output)
    checks.require(shift - SHIFT >= -31, "its scale is far too large for the roots", output)
    return mantissa, shift


def inverse_root(x: int) -> tuple[int, int]:
    """(mantissa, shift to the right) of 1 / sqrt(x), x at least 1, mantissa in Q0.31."""
    if x == 1:
        return (1 << 31) - 1, 0
    pairs = (31 - x.bit_length()) // 2 - 1  # so that x << 2 * pairs lies in 2^27..2^29
    half = int(fixed_point.shift_right(np.int64((x << 2 * pairs) >> 1), 1))  # of x in Q3.28
    root = ONE
    for _ in range(5):
        cubed = int(shift_left(high_mul(high_mul(root, root), root), 6))
        root = int(shift_left(high_mul(THREE_HALVES, root) - high_mul(half, cubed), 3))
    return int(high_mul(root, ROOT_HALF)), 11 - pairs


def table(op: Op) -> np.ndarray:
    mantissa, shift = _scale_of(op)
    made = []
    for x in (INPUTS - op.inputs[0].zero).tolist():
        if x == 0:
            made.append(LARGEST)
            continue
        root, right = inverse_root(x)
        fine = fixed_point.requantise(np.int64(1), root, SHIFT - right)
        made.append(int(fixed_point.requantise(fine, mantissa, shift - SHIFT)) + op.output.zero)
    return np.clip(np.array(made), -LARGEST, LARGEST)


lookup_family("RSQRT", table, check)
