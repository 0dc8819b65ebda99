"""SQUARED_DIFFERENCE, (a - b)^2 element by element: half of a variance."""

from __future__ import annotations

from ml.compiler import fixed_point
from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Lowered, Options, Struct, family, kernel
from ml.compiler.operators.elementwise import (
    BROADCAST_BYTES,
    BROADCASTING,
    broadcast_row,
    check_binary,
    steps_back,
)

LEFT_SHIFT = 7  # of both inputs, as in TFLM: the square of their difference stays within 32 bits

family("SQUARED_DIFFERENCE", limits=BROADCASTING)(check_binary)


@kernel("SQUARED_DIFFERENCE", "nn_squared_difference")
def squared_difference(op: Op, options: Options) -> Lowered | None:
    a, b, output = op.inputs[0], op.inputs[1], op.output
    twice = 2.0 * float(max(a.scale, b.scale))
    real = twice * twice / float((1 << 2 * LEFT_SHIFT) * output.scale)
    checks.scaled_sums((255 << LEFT_SHIFT) ** 2, real, output)
    a_scale, b_scale, out_scale = map(fixed_point.multiplier, (float(a.scale) / twice, float(b.scale) / twice, real))
    rows = (
        broadcast_row(op),
        (f"{a.zero}, {b.zero}, {output.zero}", "zero points of a, b, output"),
        (f"{a_scale[1]}, {b_scale[1]}, {out_scale[1]}", "shifts: a, b, output"),
        (f"{a_scale[0]}, {b_scale[0]}, {out_scale[0]}", "multipliers: a, b, output"),
    )
    return Lowered(
        calls=["nn_squared_difference(&{name}, {0}, {1}, {out})"],
        struct=Struct("nn_squared_difference_params", rows, BROADCAST_BYTES + 24),
        headers=("nn/elementwise.h",),
        overlap=steps_back(op),
    )
