"""HARD_SWISH, x * clamp(x + 3, 0, 6) / 6: TFLM computes it in 16-bit fixed point; here the steps fill a table."""

from __future__ import annotations

import numpy as np

from ml.compiler import fixed_point
from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.lookup import INPUTS, check_unary, lookup_family

INT16 = (-(1 << 15), (1 << 15) - 1)


def _multiplier_16(real: np.float32) -> tuple[int, int]:
    """(int16 mantissa, exponent)."""
    mantissa, exponent = fixed_point.multiplier(float(real))
    limit = (1 << 31) - 1 - (1 << 15)
    return (INT16[1] if mantissa >= limit else (mantissa + (1 << 15)) >> 16), exponent


def _high_mul_16(a: np.ndarray, b: int) -> np.ndarray:
    return np.minimum((a * b + (1 << 14)) >> 15, INT16[1])


def _shift_right_16(x: np.ndarray, shift: int) -> np.ndarray:
    """x / 2^shift, rounded half away from zero, of an int16; TFLM's mask of the bits shifted out is an int16 too, so
    that a shift beyond 15 gives 1 or -1."""
    if shift < 16:
        return fixed_point.shift_right(x, shift)
    return np.where(x < 0, -1, 1)


def _multipliers(op: Op) -> tuple[tuple[int, int], tuple[int, int]]:
    """(to the output's scale, to the scale on which 32768 means 3), in single precision as TFLM."""
    fine = np.float32(np.float32(1 / 128) * op.inputs[0].scale)
    return _multiplier_16(fine / op.output.scale), _multiplier_16(fine / np.float32(3 / 32768))


def check(op: Op) -> None:
    check_unary(op)
    checks.require(_multipliers(op)[0][1] <= 0, "its scale is too small for the input's", op.output)


def table(op: Op) -> np.ndarray:
    (out_mantissa, out_exponent), (relu_mantissa, relu_exponent) = _multipliers(op)
    fine = (INPUTS - op.inputs[0].zero) << 7
    scaled = _high_mul_16(fine, out_mantissa)
    reluish = fine
    if relu_exponent > 0:
        reluish = np.clip(reluish << (relu_exponent - 1), *INT16)
    reluish = _high_mul_16(reluish, relu_mantissa)
    if relu_exponent > 0:
        reluish = np.clip(reluish << 1, *INT16)
    if relu_exponent < 0:
        reluish = _shift_right_16(reluish, -relu_exponent)
    reluish = (reluish + (1 << 15)) >> 1
    product = reluish * scaled
    product = np.sign(product) * (np.abs(product) >> 15)  # towards zero
    return op.output.zero + _shift_right_16(product, -out_exponent)


lookup_family("HARD_SWISH", table, check)
