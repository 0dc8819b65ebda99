"""MAX_POOL_2D and AVERAGE_POOL_2D on int16."""

from __future__ import annotations

from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Lowered, Options, family, kernel
from ml.compiler.operators.pooling import POOL_LIMITS, check_pool, lower_pool

LARGEST_WINDOW = 65535  # cells, so that their sum stays within 32 bits


def _check(op: Op) -> None:
    check_pool(op, "int16")
    cells = op.options["kernel_height"] * op.options["kernel_width"]
    checks.require(cells <= LARGEST_WINDOW, f"a window of {cells} cells is larger than {LARGEST_WINDOW}", op.output)


family("MAX_POOL_2D int16", types="int16", limits=POOL_LIMITS)(_check)
family("AVERAGE_POOL_2D int16", types="int16", limits=POOL_LIMITS)(_check)


def _lower(op: Op, function: str) -> Lowered:
    lowered = lower_pool(op, function)
    lowered.headers = ("nn/int16.h",)
    return lowered


@kernel("MAX_POOL_2D int16", "nn_max_pool_int16")
def max_pool(op: Op, options: Options) -> Lowered | None:
    return _lower(op, "nn_max_pool_int16")


@kernel("AVERAGE_POOL_2D int16", "nn_average_pool_int16")
def average_pool(op: Op, options: Options) -> Lowered | None:
    return _lower(op, "nn_average_pool_int16")
