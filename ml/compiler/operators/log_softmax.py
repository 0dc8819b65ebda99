"""LOG_SOFTMAX over the last axis: exponentials by table, the logarithm of their sum in fixed point."""

from __future__ import annotations

import math

import numpy as np

from ml.compiler import fixed_point, transcendental
from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Array, Lowered, Options, Struct, family, kernel

PARAMS_BYTES = 24  # sizeof(nn_log_softmax_params) on a 32-bit processor
INTEGER_BITS = 5  # of a difference
LARGEST_DEPTH = 4095  # values of 1.0 that a sum in Q12.19 can hold
BELOW = -np.arange(256, dtype=np.int64)


@family("LOG_SOFTMAX", limits="over the last axis, at most 4095 values; output scale 1/16, zero point 127")
def check(op: Op) -> None:
    given, output = checks.along_the_last_axis(op)
    checks.require(float(output.scale) == 1 / 16 and output.zero == 127, "its scale is not 1/16 with zero 127", output)
    checks.require(given.shape[-1] <= LARGEST_DEPTH, f"it has more than {LARGEST_DEPTH} values", given)
    _, shift = _multiplier(op)
    checks.require(0 < shift <= 30, "its scale is not 2^-26..2^4", given)


def _multiplier(op: Op) -> tuple[int, int]:
    """From differences of the input to Q5.26."""
    real = float(op.inputs[0].scale) * (1 << (31 - INTEGER_BITS))
    return fixed_point.multiplier(min(real, float((1 << 31) - 1)))


@kernel("LOG_SOFTMAX", "nn_log_softmax")
def log_softmax(op: Op, options: Options) -> Lowered | None:
    depth = op.inputs[0].shape[-1]
    mantissa, shift = _multiplier(op)
    lowest = -math.floor(((1 << INTEGER_BITS) - 1) * (1 << (31 - INTEGER_BITS)) / (1 << shift))
    back, back_shift = fixed_point.multiplier((1 << (31 - shift)) / mantissa)
    differences = np.where(lowest <= BELOW, fixed_point.requantise(BELOW, mantissa, shift), 0)
    powers = fixed_point.shift_right(transcendental.exp_on_negative(differences, INTEGER_BITS), 12)
    rows = (
        (f"{op.inputs[0].elements // depth}, {depth}, {max(lowest, -256)}", "rows, depth, lowest difference"),
        ("{name}_difference, {name}_exponential", ""),
        (f"{back}, {back_shift}", "multiplier, shift: back to differences"),
    )
    return Lowered(
        calls=["nn_log_softmax(&{name}, {0}, {out})"],
        arrays=[
            Array("difference", differences.astype(np.int32), "of 0, -1, ... in Q5.26"),
            Array("exponential", np.where(lowest <= BELOW, powers, 0).astype(np.int32), "of them, Q12.19"),
        ],
        struct=Struct("nn_log_softmax_params", rows, PARAMS_BYTES),
        headers=("nn/softmax.h",),
        overlap={0: 0},
    )
