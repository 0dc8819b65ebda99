"""DIV: a product with the reciprocal, whose 256 possible mantissas are a table."""

from __future__ import annotations

import numpy as np

from ml.compiler import fixed_point
from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Array, Lowered, Options, Struct, family, kernel
from ml.compiler.operators.elementwise import (
    BROADCAST_BYTES,
    BROADCASTING,
    broadcast_row,
    check_binary,
    steps_back,
    zeros_row,
)
from ml.compiler.transcendental import reciprocal
from ml.compiler.unsupported import Unsupported

DIV_BYTES = BROADCAST_BYTES + 20  # sizeof(nn_div_params) on a 32-bit processor
LARGEST_SHIFT = 23  # of the quotient's scale, so that what follows only shifts to the right


@family("DIV", limits=BROADCASTING + "; a divisor of 0 gives the bound of the dividend's sign")
def check(op: Op) -> None:
    check_binary(op)
    checks.require(_multiplier(op)[1] <= LARGEST_SHIFT, "its scale is far too small for the quotient", op.output)
    divisor = op.inputs[1]
    if divisor.data is not None:
        checks.require(not bool((divisor.data == divisor.zero).any()), "it divides by 0", divisor)


def _multiplier(op: Op) -> tuple[int, int]:
    a, b, output = (float(t.scale) for t in (op.inputs[0], op.inputs[1], op.output))
    return fixed_point.multiplier(a / (b * output))


SMALLEST_SHIFT = 7  # of the quotient's scale, from which on TFLM shifts no dividend by more than 31


def is_defined(op: Op) -> bool:
    """Whether TFLM's steps are: it shifts a small dividend by more bits than C allows, and divides by a 0 that a tensor
    brings. The compiled model gives what is meant."""
    known = len(op.inputs) == 2 and all(t is not None and len(t.scales) == 1 for t in (*op.inputs, *op.outputs))
    if not known or op.inputs[1].data is None:
        return False
    try:
        return _multiplier(op)[1] >= SMALLEST_SHIFT
    except (ArithmeticError, Unsupported):
        return False


@kernel("DIV", "nn_div")
def div(op: Op, options: Options) -> Lowered | None:
    mantissa, shift = _multiplier(op)
    inverse = np.array([0, *(reciprocal(divisor) for divisor in range(1, 256))], np.int32)
    rows = (
        broadcast_row(op),
        zeros_row(op),
        (f"{shift}, {mantissa}", "shift, multiplier"),
        ("{name}_inverse", ""),
    )
    return Lowered(
        calls=["nn_div(&{name}, {0}, {1}, {out})"],
        arrays=[Array("inverse", inverse, "reciprocals of 0..255, Q0.31 of what is left of their first bit")],
        struct=Struct("nn_div_params", rows, DIV_BYTES),
        headers=("nn/elementwise.h",),
        overlap=steps_back(op),
    )
