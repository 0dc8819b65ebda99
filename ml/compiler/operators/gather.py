"""GATHER: rows of a tensor, or of a constant table as in an embedding, by constant numbers or by those of a tensor."""

from __future__ import annotations

import math

from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Lowered, Options, Struct, family, kernel

GATHER_BYTES = 16  # sizeof(nn_gather_params)


def _axis(op: Op) -> int:
    axis = op.options["axis"]
    return axis + len(op.inputs[0].shape) if axis < 0 else axis


@family("GATHER", limits="numbers int32, constant or not; no batch dimensions; a number outside takes the nearest row")
def check(op: Op) -> None:
    checks.arity(op, 2)
    table, numbers, output = op.inputs[0], op.inputs[1], op.output
    checks.quantised(table)
    checks.quantised(output)
    checks.same_quantisation(table, output)
    checks.dtypes(numbers, ("int32",))
    checks.require(not op.options["batch_dims"], "it has batch dimensions", output)
    axis = _axis(op)
    checks.require(0 <= axis < len(table.shape), "its axis is outside its dimensions", table)
    side = table.shape[axis]
    if numbers.data is not None:
        inside = bool(((numbers.data >= 0) & (numbers.data < side)).all())
        checks.require(inside, f"a number is not 0..{side - 1}", numbers)
    checks.shape(output, (*table.shape[:axis], *numbers.shape, *table.shape[axis + 1 :]))
    checks.sized(output)


@kernel("GATHER", "nn_gather")
def gather(op: Op, options: Options) -> Lowered | None:
    table, numbers, axis = op.inputs[0], op.inputs[1], _axis(op)
    outer, run = math.prod(table.shape[:axis]), math.prod(table.shape[axis + 1 :])
    rows = ((f"{outer}, {table.shape[axis]}, {numbers.elements}, {run}", "outer rows, rows, numbers, bytes of a row"),)
    return Lowered(
        calls=["nn_gather(&{name}, {0}, {1}, {out})"],
        struct=Struct("nn_gather_params", rows, GATHER_BYTES),
        headers=("nn/copy.h",),
        reason="rows are copied",
        parameters=0 if table.data is None else table.size,
    )
