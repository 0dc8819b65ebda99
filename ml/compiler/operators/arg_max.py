"""ARG_MAX and ARG_MIN: the place of the largest or smallest value along an axis, int32."""

from __future__ import annotations

import math

from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Lowered, Options, Struct, family, kernel

ARG_BYTES = 12  # sizeof(nn_arg_params)


def _axis(op: Op) -> int:
    axis = int(op.inputs[1].values.reshape(-1)[0]) if op.inputs[1].elements == 1 else -99
    return axis + len(op.inputs[0].shape) if axis < 0 else axis


def check(op: Op) -> None:
    checks.arity(op, 2)
    given, output = op.inputs[0], op.output
    checks.quantised(given)
    checks.constant(op.inputs[1])
    checks.dtypes(op.inputs[1], ("int32",))
    checks.dtypes(output, ("int32",))
    axis = _axis(op)
    checks.require(0 <= axis < len(given.shape), "its axis is outside its dimensions", given)
    checks.shape(output, (*given.shape[:axis], *given.shape[axis + 1 :]))


def _lowered(op: Op, function: str) -> Lowered:
    shape, axis = op.inputs[0].shape, _axis(op)
    rows = ((f"{math.prod(shape[:axis])}, {shape[axis]}, {math.prod(shape[axis + 1 :])}", "outer, depth, inner"),)
    return Lowered(
        calls=[function + "(&{name}, {0}, {out})"],
        struct=Struct("nn_arg_params", rows, ARG_BYTES),
        headers=("nn/pool.h",),
    )


@kernel("ARG_MAX", "nn_arg_max")
def arg_max(op: Op, options: Options) -> Lowered | None:
    return _lowered(op, "nn_arg_max")


@kernel("ARG_MIN", "nn_arg_min")
def arg_min(op: Op, options: Options) -> Lowered | None:
    return _lowered(op, "nn_arg_min")


for _kind in ("ARG_MAX", "ARG_MIN"):
    family(_kind, types="int8 to int32", limits="axis constant; the first of equal values")(check)
