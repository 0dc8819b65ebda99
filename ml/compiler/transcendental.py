"""Exponential, logistic and tanh in fixed point, for tables, by the steps of gemmlowp's fixedpoint.h.

All arrays are int64 that hold int32 values; Qm.n says where the binary point lies.
"""

from __future__ import annotations

import numpy as np

from ml.compiler.fixed_point import high_mul, shift_right

ONE = (1 << 31) - 1  # in Q0.31
INT32 = (-(1 << 31), (1 << 31) - 1)


def shift_left(x: np.ndarray, shift: int) -> np.ndarray:
    """x * 2^shift, held within int32."""
    return np.clip(np.asarray(x, np.int64) << shift, *INT32)


def exp_on_negative(a: np.ndarray, integer_bits: int) -> np.ndarray:
    """exp(a) in Q0.31 for a <= 0 with `integer_bits` (at most 5) before the point: a polynomial around -1/8, times exp
    of the quarters that remain."""
    fraction_bits = 31 - integer_bits
    quarter = 1 << (fraction_bits - 2)
    rest = (a & (quarter - 1)) - quarter
    result = _exp_of_small(rest << integer_bits)
    remainder = rest - a
    factors = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)  # exp(-2^k), k = -2..4, Q0.31
    for k, factor in zip(range(-2, integer_bits), factors, strict=False):
        result = np.where(remainder & (1 << (fraction_bits + k)), high_mul(result, factor), result)
    return np.where(a == 0, ONE, result)


def _exp_of_small(a: np.ndarray) -> np.ndarray:
    """exp(a) in Q0.31 for a in [-1/4, 0): Taylor's polynomial of degree 4 around -1/8."""
    exp_of_minus_eighth, third = 1895147668, 715827883
    x = a + (1 << 28)
    x2 = high_mul(x, x)
    x3 = high_mul(x2, x)
    x4 = high_mul(x2, x2)
    tail = shift_right(high_mul(shift_right(x4, 2) + x3, third) + x2, 1)
    return exp_of_minus_eighth + high_mul(x + tail, exp_of_minus_eighth)


def _two_over_one_plus(x: np.ndarray) -> np.ndarray:
    """2 / (1 + x) in Q2.29 for x in [0, 1) in Q0.31, by three Newton steps; as nn_one_over_one_plus in C."""
    half_denominator = (x + ONE + 1) >> 1
    guess = 1515870810 + high_mul(half_denominator, -1010580540)
    for _ in range(3):
        error = (1 << 29) - high_mul(half_denominator, guess)
        guess = guess + shift_left(high_mul(guess, error), 2)
    return guess


def reciprocal(x: int) -> int:
    """1 / x in Q0.31 of the power of two below or at x; x at least 1."""
    rest = (x << (32 - x.bit_length())) - (1 << 31)
    return int(shift_left(_two_over_one_plus(np.array(rest, np.int64)), 1))


def logistic(a: np.ndarray, integer_bits: int) -> np.ndarray:
    """1 / (1 + exp(-a)) in Q0.31."""
    positive = shift_left(_two_over_one_plus(exp_on_negative(-np.abs(a), integer_bits)), 1)
    return np.where(a == 0, 1 << 30, np.where(a > 0, positive, ONE - positive))


def tanh(a: np.ndarray, integer_bits: int) -> np.ndarray:
    """tanh(a) in Q0.31: (1 - e) / (1 + e) with e = exp(-2 |a|), the doubling being one more integer bit."""
    e = exp_on_negative(-np.abs(a), integer_bits + 1)
    magnitude = shift_left(_two_over_one_plus(e) - (1 << 29), 2)
    return np.where(a == 0, 0, np.where(a < 0, -magnitude, magnitude))
