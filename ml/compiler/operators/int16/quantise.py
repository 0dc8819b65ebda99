"""QUANTIZE between int8 and int16, and from int16 to int16."""

from __future__ import annotations

from ml.compiler import fixed_point
from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Lowered, Struct, family, kernel

PARAMS_BYTES = 16  # sizeof(nn_quantise_params)
KERNELS = {
    ("int8", "int16"): "nn_quantise_int8_to_int16",
    ("int16", "int8"): "nn_quantise_int16_to_int8",
    ("int16", "int16"): "nn_quantise_int16",
}


@family("QUANTIZE int16", types="int8 to int16, int16 to int8, int16 to int16", limits="any scales")
def check(op: Op) -> None:
    checks.arity(op, 1)
    checks.quantised(op.inputs[0], ("int8", "int16"))
    checks.quantised(op.output, ("int8", "int16"))
    checks.shape(op.output, op.inputs[0].shape)


def _lower(op: Op, function: str) -> Lowered | None:
    given, output = op.inputs[0], op.output
    if KERNELS[given.dtype, output.dtype] != function:
        return None
    real = float(given.scale) / float(output.scale)
    mantissa, shift = fixed_point.multiplier(real)
    rows = (
        (f"{output.elements}", "values"),
        (f"{given.zero}, {output.zero}", "zero points of input and output"),
        (f"{shift}, {mantissa}", "shift, multiplier"),
    )
    return Lowered(
        calls=[function + "(&{name}, {0}, {out})"],
        struct=Struct("nn_quantise_params", rows, PARAMS_BYTES),
        headers=("nn/int16.h",),
        overlap={0: 0} if given.dtype == "int16" else {},
    )


def _offer(function: str) -> None:
    kernel("QUANTIZE int16", function)(lambda op, options: _lower(op, function))


for _function in KERNELS.values():
    _offer(_function)
