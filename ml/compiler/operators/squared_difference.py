"""SQUARED_DIFFERENCE, (a - b)^2 element by element: half of a variance."""

from __future__ import annotations

from ml.compiler import fixed_point
from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Lowered, Options, Struct, family, kernel
from ml.compiler.operators.convolution import pair
from ml.compiler.operators.elementwise import (
    BROADCAST_BYTES,
    BROADCASTING,
    broadcast_row,
    check_binary,
    packed,
    steps_back,
)

LEFT_SHIFT = 7  # of both inputs, as in TFLM: the square of their difference stays within 32 bits

family("SQUARED_DIFFERENCE", limits=BROADCASTING)(check_binary)


def _multipliers(op: Op) -> list[tuple[int, int]]:
    """(mantissa, shift) of a, b and the output."""
    a, b, output = op.inputs[0], op.inputs[1], op.output
    twice = 2.0 * float(max(a.scale, b.scale))
    real = twice * twice / float((1 << 2 * LEFT_SHIFT) * output.scale)
    checks.scaled_sums((255 << LEFT_SHIFT) ** 2, real, output)
    return [fixed_point.multiplier(value) for value in (float(a.scale) / twice, float(b.scale) / twice, real)]


@kernel("SQUARED_DIFFERENCE", "nn_squared_difference")
def squared_difference(op: Op, options: Options) -> Lowered | None:
    mantissas, shifts = zip(*_multipliers(op), strict=True)
    zeros = (op.inputs[0].zero, op.inputs[1].zero, op.output.zero)
    rows = (
        broadcast_row(op),
        (pair(zeros), "zero points of a, b, output"),
        (pair(shifts), "shifts: a, b, output"),
        (pair(mantissas), "multipliers: a, b, output"),
    )
    return Lowered(
        calls=["nn_squared_difference(&{name}, {0}, {1}, {out})"],
        struct=Struct("nn_squared_difference_params", rows, BROADCAST_BYTES + 24),
        headers=("nn/elementwise.h",),
        overlap=steps_back(op),
    )


@kernel("SQUARED_DIFFERENCE", "nn_squared_difference_packed")
def squared_difference_packed(op: Op, options: Options) -> Lowered | None:
    a_shift, b_shift, shift = (shift for _, shift in _multipliers(op))
    return packed(squared_difference(op, options), (a_shift, b_shift), shift)
