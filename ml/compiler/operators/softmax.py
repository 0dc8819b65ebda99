"""SOFTMAX on int8: the exponentials of all 256 possible differences are looked up."""

from __future__ import annotations

import numpy as np

from ml.compiler.fixed_point import high_mul, shift_right
from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Array, Lowered, Options, Struct, family, kernel

PARAMS_BYTES = 12  # sizeof(nn_softmax_params) on a 32-bit processor
INTEGER_BITS = 5  # of the scaled difference, Q5.26


@family("SOFTMAX", limits="over the last axis; output scale 1/256, zero point -128")
def check(op: Op) -> None:
    checks.arity(op, 1)
    given, output = op.inputs[0], op.output
    checks.quantised(given)
    checks.quantised(output)
    checks.shape(output, given.shape)
    checks.require(len(given.shape) > 0, "it has no axis", given)
    checks.require(output.scale == np.float32(1 / 256) and output.zero == -128, "it is not 1/256 from -128", output)
    checks.require(op.options["beta"] > 0, "beta is not above 0", output)
    checks.require(given.shape[-1] <= 4096, "more than 4096 values would overflow the sum", given)
    real = float(op.options["beta"]) * float(given.scale) * (1 << (31 - INTEGER_BITS))
    checks.require(real > 1, "its scale times beta is too small", given)


def exponentials(beta: float, scale: float) -> np.ndarray:
    """exp(-i * scale * beta) for i = 0..255 in Q0.31, int64, as gemmlowp's exp_on_negative_values gives it."""
    real = min(beta * scale * (1 << (31 - INTEGER_BITS)), (1 << 31) - 1.0)
    mantissa, shift = _multiplier_above_one(real)
    largest = int((((1 << INTEGER_BITS) - 1) << (31 - INTEGER_BITS)) / (1 << shift))
    steps = np.arange(256, dtype=np.int64)
    known = steps <= largest
    scaled = high_mul(-np.where(known, steps, 0) << shift, mantissa)
    return np.where(known, exp_on_negative(scaled), 0)


def _multiplier_above_one(real: float) -> tuple[int, int]:
    mantissa, shift = np.frexp(real)
    quantised = int(np.floor(mantissa * (1 << 31) + 0.5))
    return (quantised // 2, int(shift) + 1) if quantised == 1 << 31 else (quantised, int(shift))


def exp_on_negative(a: np.ndarray) -> np.ndarray:
    """exp(a) in Q0.31 for a <= 0 in Q5.26: a polynomial around -1/8, times exp of the remaining quarters."""
    quarter = 1 << 24
    rest = (a & (quarter - 1)) - quarter
    result = _exp_of_small(rest << INTEGER_BITS)
    remainder = rest - a
    factors = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)  # exp(-2^k), k = -2..4, Q0.31
    for k, factor in zip(range(-2, 5), factors, strict=True):
        result = np.where(remainder & (1 << (26 + k)), high_mul(result, factor), result)
    return np.where(a == 0, (1 << 31) - 1, result)


def _exp_of_small(a: np.ndarray) -> np.ndarray:
    """exp(a) in Q0.31 for a in [-1/4, 0): Taylor's polynomial of degree 4 around -1/8."""
    exp_of_minus_eighth, third = 1895147668, 715827883
    x = a + (1 << 28)
    x2 = high_mul(x, x)
    x3 = high_mul(x2, x)
    x4 = high_mul(x2, x2)
    tail = shift_right(high_mul(shift_right(x4, 2) + x3, third) + x2, 1)
    return exp_of_minus_eighth + high_mul(x + tail, exp_of_minus_eighth)


@kernel("SOFTMAX", "nn_softmax")
def softmax(op: Op, options: Options) -> Lowered | None:
    given = op.inputs[0]
    table = exponentials(float(op.options["beta"]), float(given.scale))
    table = table[: int(np.flatnonzero(table).max()) + 1].astype(np.int32)
    depth = given.shape[-1]
    rows = (
        (f"{given.elements // depth}, {depth}, {len(table)}", "rows, depth, steps"),
        ("{name}_exponential", ""),
    )
    return Lowered(
        calls=["nn_softmax(&{name}, {0}, {out})"],
        arrays=[Array("exponential", table, "exp(-i * scale) in Q0.31")],
        struct=Struct("nn_softmax_params", rows, PARAMS_BYTES),
        headers=("nn/softmax.h",),
        overlap={0: 0},
    )
