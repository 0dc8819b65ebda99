"""PRELU: a LEAKY_RELU whose slope is a tensor, usually one for each channel."""

from __future__ import annotations

from ml.compiler import fixed_point
from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Lowered, Options, Struct, family, kernel
from ml.compiler.operators.elementwise import BROADCAST_BYTES, broadcast_row, check_binary

PRELU_BYTES = BROADCAST_BYTES + 16  # sizeof(nn_prelu_params)


@family("PRELU", limits="slopes that are repeated to the input's shape, at most four dimensions")
def check(op: Op) -> None:
    check_binary(op)
    checks.shape(op.output, op.inputs[0].shape)
    checks.require(len(op.output.shape) <= 4, "it has more than four dimensions", op.output)


@kernel("PRELU", "nn_prelu")
def prelu(op: Op, options: Options) -> Lowered | None:
    given, slope, output = op.inputs[0], op.inputs[1], op.output
    factor = float(given.scale) / float(output.scale)
    mantissa, shift = fixed_point.multiplier(factor)
    below, below_shift = fixed_point.multiplier(float(given.scale) * float(slope.scale) / float(output.scale))
    rows = (
        broadcast_row(op),
        (f"{given.zero}, {slope.zero}, {output.zero}", "zero points of input, slopes, output"),
        (f"{shift}, {below_shift}, {mantissa}, {below}", "shifts and multipliers: from the zero point on, below"),
    )
    return Lowered(
        calls=["nn_prelu(&{name}, {0}, {1}, {out})"],
        struct=Struct("nn_prelu_params", rows, PRELU_BYTES),
        headers=("nn/elementwise.h",),
        overlap={0: 0},
        parameters=0 if slope.data is None else slope.size,
    )
