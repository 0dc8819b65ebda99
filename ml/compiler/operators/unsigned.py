"""QUANTIZE between uint8 and int8, which stands at the ends of models that cameras and older converters made."""

from __future__ import annotations

import numpy as np

from ml.compiler import fixed_point
from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Array, Lowered, Options, family, kernel

TYPES = {"uint8", "int8"}


@family("QUANTIZE uint8", types="uint8 to int8, int8 to uint8", limits="any scales")
def check(op: Op) -> None:
    checks.arity(op, 1)
    given, output = op.inputs[0], op.output
    for tensor in (given, output):
        checks.quantised(tensor, ("int8", "uint8"))
    checks.require({given.dtype, output.dtype} == TYPES, f"it is {output.dtype}, as the input", output)
    checks.shape(output, given.shape)
    checks.require(given.data is None, "it is constant", given)


def _flips(op: Op) -> bool:
    """The usual case: one scale, zero points that are 128 apart."""
    given, output = op.inputs[0], op.output
    return given.scale == output.scale and output.zero - given.zero == (128 if output.dtype == "uint8" else -128)


@kernel("QUANTIZE uint8", "nn_flip_sign")
def flipped(op: Op, options: Options) -> Lowered | None:
    if not _flips(op):
        return None
    return Lowered(
        calls=[f"nn_flip_sign({op.output.elements}, {{0}}, {{out}})"],
        headers=("nn/elementwise.h",),
        reason="one scale, zero points 128 apart: four bytes a word",
        overlap={0: 0},
    )


@kernel("QUANTIZE uint8", "nn_lookup")
def looked_up(op: Op, options: Options) -> Lowered | None:
    """The table is read by the input's bits and holds the output's, both taken as int8."""
    if _flips(op):
        return None  # without 256 bytes of table
    given, output = op.inputs[0], op.output
    values = np.arange(-128, 128).astype(np.int8).view(given.dtype).astype(np.int64)
    mantissa, shift = fixed_point.multiplier(float(given.scale) / float(output.scale))
    scaled = fixed_point.rescale(values - given.zero, mantissa, shift, output.zero)
    table = np.clip(scaled, *fixed_point.LIMITS[output.dtype]).astype(output.dtype).view(np.int8)
    return Lowered(
        calls=[f"nn_lookup({{name}}_table, {output.elements}, {{0}}, {{out}})"],
        arrays=[Array("table", table, f"output for the inputs, {given.dtype} and {output.dtype} as the bits of int8")],
        headers=("nn/elementwise.h",),
        reason="a table of 256 bytes",
        overlap={0: 0},
    )
