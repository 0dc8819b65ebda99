"""SOFTMAX on int8: the exponentials of all 256 possible differences are looked up."""

from __future__ import annotations

import numpy as np

from ml.compiler.fixed_point import high_mul
from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Array, Lowered, Options, Struct, family, kernel
from ml.compiler.transcendental import exp_on_negative

PARAMS_BYTES = 12  # sizeof(nn_softmax_params) on a 32-bit processor
INTEGER_BITS = 5  # of the scaled difference, Q5.26


@family("SOFTMAX", limits="over the last axis; output scale 1/256, zero point -128")
def check(op: Op) -> None:
    given, output = checks.along_the_last_axis(op)
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
    return np.where(known, exp_on_negative(scaled, INTEGER_BITS), 0)


def _multiplier_above_one(real: float) -> tuple[int, int]:
    mantissa, shift = np.frexp(real)
    quantised = int(np.floor(mantissa * (1 << 31) + 0.5))
    return (quantised // 2, int(shift) + 1) if quantised == 1 << 31 else (quantised, int(shift))


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
