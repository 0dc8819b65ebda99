"""SUM: a mean that is not divided."""

from __future__ import annotations

import math

from ml.compiler import fixed_point
from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import INT16, Lowered, Options, family, kernel
from ml.compiler.operators.pooling import MEAN_LIMITS, check_mean, lower_mean, mean_sides

LARGEST_COUNT = 65535  # values, so that sums of int16 stay within 32 bits


def _check(op: Op, activations: str) -> None:
    check_mean(op, activations)
    count = math.prod(mean_sides(op)[1])
    checks.require(count <= LARGEST_COUNT, f"a sum of {count} values is of more than {LARGEST_COUNT}", op.output)
    low, high = fixed_point.LIMITS[activations]
    checks.scaled_sums((high - low) * count, float(op.inputs[0].scale) / float(op.output.scale), op.output)


def multiplier(op: Op) -> tuple[int, int]:
    return fixed_point.multiplier(float(op.inputs[0].scale) / float(op.output.scale))


@family("SUM", limits=MEAN_LIMITS)
def check_sum(op: Op) -> None:
    _check(op, "int8")


@family("SUM" + INT16, types="int16", limits=MEAN_LIMITS)
def check_sum_int16(op: Op) -> None:
    _check(op, "int16")


@kernel("SUM", "nn_mean")
def lower_sum(op: Op, options: Options) -> Lowered | None:
    return lower_mean(op, "nn_mean", multiplier(op))


@kernel("SUM" + INT16, "nn_mean_int16")
def lower_sum_int16(op: Op, options: Options) -> Lowered | None:
    lowered = lower_mean(op, "nn_mean_int16", multiplier(op))
    lowered.headers = ("nn/int16.h",)
    return lowered
