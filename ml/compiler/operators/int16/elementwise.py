"""ADD on int16."""

from __future__ import annotations

from ml.compiler.graph import Op
from ml.compiler.operators.base import Lowered, Options, family, kernel
from ml.compiler.operators.elementwise import BROADCASTING, check_binary, lower_sum

LEFT_SHIFT = 15  # an int16 has 16 bits


@family("ADD int16", types="int16", limits=BROADCASTING)
def check_add(op: Op) -> None:
    check_binary(op, "int16")


@kernel("ADD int16", "nn_add_int16")
def add(op: Op, options: Options) -> Lowered | None:
    lowered = lower_sum(op, 1, function="nn_add_int16", left_shift=LEFT_SHIFT)
    lowered.headers = ("nn/int16.h",)
    return lowered
