"""CONCATENATION: one copy for each input."""

from __future__ import annotations

import math

from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Lowered, Options, Struct, family, kernel
from ml.compiler.operators.movement import COPY_BYTES, copy_work, item_size

LIMITS = "inputs with the output's scale and zero point, no activation"


@family("CONCATENATION", limits=LIMITS)
def check_concatenation(op: Op, activations: str = "int8") -> None:
    checks.arity(op, len(op.inputs) or 1, 16)
    output = op.output
    checks.quantised(output, (activations,))
    axis = _axis(op)
    checks.require(0 <= axis < len(output.shape), "its axis is outside its dimensions", output)
    checks.require(op.options["activation"] == "none", "it has a fused activation", output)
    for tensor in op.inputs:
        checks.quantised(tensor, (activations,))
        checks.same_quantisation(output, tensor)
        checks.require(len(tensor.shape) == len(output.shape), "its dimensions are not the output's", tensor)
        others = [side for a, side in enumerate(tensor.shape) if a != axis]
        checks.require(others == [side for a, side in enumerate(output.shape) if a != axis], "its shape", tensor)
    total = sum(t.shape[axis] for t in op.inputs)
    checks.require(total == output.shape[axis], f"{total} values meet {output.shape[axis]} along the axis", output)


def _axis(op: Op) -> int:
    axis = op.options["axis"]
    return axis + len(op.output.shape) if axis < 0 else axis


@kernel("CONCATENATION", "nn_copy")
def concatenation(op: Op, options: Options) -> Lowered | None:
    """One copy for each input: rows of `run` bytes, a whole row of the output apart."""
    axis, item = _axis(op), item_size(op.output)
    rows, start = [], 0
    row = math.prod(op.output.shape[axis:]) * item
    for tensor in op.inputs:
        run = math.prod(tensor.shape[axis:]) * item
        count = math.prod(tensor.shape[:axis])
        plan = f"{{1, 1, 1, 1, {count}}}, {{0, 0, 0, 0, {run}}}, {{0, 0, 0, 0, {row}}}, 0, {start}, {run}"
        rows.append(("{" + plan + "}", ""))
        start += run
    calls = [f"nn_copy(&{{name}}[{i}], {{{i}}}, {{out}})" for i in range(len(op.inputs))]
    struct = Struct(f"nn_copy_plan[{len(rows)}]", tuple(rows), COPY_BYTES * len(rows))
    work = {"call": 0.0}
    for tensor in op.inputs:
        run, count = math.prod(tensor.shape[axis:]) * item, math.prod(tensor.shape[:axis])
        one = copy_work([[1, 0, 0]] * 4 + [[count, run, row]], run)
        work = {part: work.get(part, 0) + times for part, times in one.items()}
    return Lowered(calls=calls, struct=struct, headers=("nn/copy.h",), work=work)
