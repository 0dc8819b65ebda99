"""ADD, SUB and MUL on int16."""

from __future__ import annotations

from ml.compiler.graph import Op
from ml.compiler.operators.base import Lowered, Options, family, kernel
from ml.compiler.operators.elementwise import BROADCASTING, check_binary, lower_product, lower_sum

LEFT_SHIFT = 15  # an int16 has 16 bits
HEADERS = ("nn/int16.h",)


def _check(op: Op) -> None:
    check_binary(op, "int16")


family("ADD int16", types="int16", limits=BROADCASTING)(_check)
family("SUB int16", types="int16", limits=BROADCASTING)(_check)
family("MUL int16", types="int16", limits=BROADCASTING)(_check)


@kernel("ADD int16", "nn_add_int16")
def add(op: Op, options: Options) -> Lowered | None:
    return _sum(op, 1)


@kernel("SUB int16", "nn_add_int16")
def subtract(op: Op, options: Options) -> Lowered | None:
    return _sum(op, -1)


def _sum(op: Op, sign: int) -> Lowered:
    lowered = lower_sum(op, sign, function="nn_add_int16", left_shift=LEFT_SHIFT)
    lowered.headers = HEADERS
    return lowered


@kernel("MUL int16", "nn_mul_int16")
def multiply(op: Op, options: Options) -> Lowered | None:
    lowered = lower_product(op, "nn_mul_int16")
    lowered.headers = HEADERS
    return lowered
