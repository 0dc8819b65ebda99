"""CAST between integers: scales are not looked at."""

from __future__ import annotations

import numpy as np

from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Lowered, Options, family, kernel

TYPES = ("int8", "int16", "int32")


@family("CAST", types="int8, int16, int32 to one of them", limits="the low bits of what does not fit")
def check(op: Op) -> None:
    checks.arity(op, 1)
    for tensor in (op.inputs[0], op.output):
        checks.dtypes(tensor, TYPES)
        checks.sized(tensor)
    checks.shape(op.output, op.inputs[0].shape)


@kernel("CAST", "nn_cast")
def cast(op: Op, options: Options) -> Lowered | None:
    given, made = (np.dtype(t.dtype).itemsize for t in (op.inputs[0], op.output))
    return Lowered(
        calls=[f"nn_cast({op.output.elements}, {given}, {made}, {{0}}, {{out}})"],
        headers=("nn/copy.h",),
        reason=f"{op.inputs[0].dtype} to {op.output.dtype}",
        overlap={0: 0} if given >= made else {},
    )
