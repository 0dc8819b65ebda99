"""MAX_POOL_2D, AVERAGE_POOL_2D and MEAN on int16."""

from __future__ import annotations

import math

from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Lowered, Options, family, kernel
from ml.compiler.operators.pooling import (
    MEAN_LIMITS,
    POOL_LIMITS,
    check_mean,
    check_pool,
    lower_mean,
    lower_pool,
    mean_sides,
)

LARGEST_WINDOW = 65535  # cells, so that their sum stays within 32 bits


def _check(op: Op) -> None:
    check_pool(op, "int16")
    cells = op.options["kernel_height"] * op.options["kernel_width"]
    checks.require(cells <= LARGEST_WINDOW, f"a window of {cells} cells is larger than {LARGEST_WINDOW}", op.output)


family("MAX_POOL_2D int16", types="int16", limits=POOL_LIMITS)(_check)
family("AVERAGE_POOL_2D int16", types="int16", limits=POOL_LIMITS)(_check)


@family("MEAN int16", types="int16", limits=MEAN_LIMITS)
def _check_mean(op: Op) -> None:
    check_mean(op, "int16")
    cells = math.prod(mean_sides(op)[1])
    checks.require(cells <= LARGEST_WINDOW, f"a mean of {cells} values is of more than {LARGEST_WINDOW}", op.output)


def _int16(lowered: Lowered) -> Lowered:
    lowered.headers = ("nn/int16.h",)
    return lowered


@kernel("MAX_POOL_2D int16", "nn_max_pool_int16")
def max_pool(op: Op, options: Options) -> Lowered | None:
    return _int16(lower_pool(op, "nn_max_pool_int16"))


@kernel("AVERAGE_POOL_2D int16", "nn_average_pool_int16")
def average_pool(op: Op, options: Options) -> Lowered | None:
    return _int16(lower_pool(op, "nn_average_pool_int16"))


@kernel("MEAN int16", "nn_mean_int16")
def mean(op: Op, options: Options) -> Lowered | None:
    return _int16(lower_mean(op, "nn_mean_int16"))
