"""SPLIT, SPLIT_V and UNPACK: each part is a copy. A pass has made one operator for each (passes/split.py)."""

from __future__ import annotations

from ml.compiler.graph import Op, Tensor
from ml.compiler.operators import checks
from ml.compiler.operators.base import INT16, Lowered, Options, family, kernel
from ml.compiler.operators.movement import sliced

NOWHERE = -99  # an axis that is no single number


def data_of(op: Op) -> Tensor:
    """What is split: the second input of a SPLIT, the first of the others."""
    return op.inputs[1] if op.kind == "SPLIT" else op.inputs[0]


def axis_of(op: Op) -> int:
    if op.kind == "UNPACK":
        axis = op.options["axis"]
    else:
        tensor = op.inputs[0] if op.kind == "SPLIT" else op.inputs[2]
        axis = int(tensor.values.reshape(-1)[0]) if tensor.elements == 1 else NOWHERE
    return axis + len(data_of(op).shape) if axis < 0 else axis


def parts_of(op: Op) -> list[int]:
    """The parts' lengths along the axis."""
    side = data_of(op).shape[axis_of(op)]
    if op.kind == "UNPACK":
        return [1] * side
    if op.kind == "SPLIT":
        count = op.options["num_splits"]
        checks.require(side % count == 0, f"it does not divide into {count} parts", data_of(op))
        return [side // count] * count
    sizes = [int(size) for size in op.inputs[1].values.reshape(-1)]
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = side - sum(size for size in sizes if size != -1)
    checks.require(
        min(sizes, default=0) > 0 and sum(sizes) == side, f"its parts {sizes} do not make {side}", data_of(op)
    )
    return sizes


def _check(op: Op, activations: str) -> None:
    checks.arity(op, {"SPLIT": 2, "SPLIT_V": 3, "UNPACK": 1}[op.kind], outputs=1)
    checks.require("part" in op.options, "it has not as many outputs as it says", op.output)
    given, output = data_of(op), op.output
    for tensor in op.inputs:
        if tensor is not given:
            checks.constant(tensor)
            checks.dtypes(tensor, ("int32", "int64"))
    checks.quantised(given, (activations,))
    checks.quantised(output, (activations,))
    checks.same_quantisation(given, output)
    at, part = axis_of(op), op.options["part"]
    checks.require(0 <= at < len(given.shape), "its axis is outside its dimensions", given)
    parts = parts_of(op)
    checks.require(part < len(parts), f"it has {len(parts)} parts", given)
    kept = () if op.kind == "UNPACK" else (parts[part],)
    checks.shape(output, (*given.shape[:at], *kept, *given.shape[at + 1 :]))
    part_copy(op, Options())


def part_copy(op: Op, options: Options) -> Lowered | None:
    at, parts, part = axis_of(op), parts_of(op), op.options["part"]
    cuts = [(0, side, 1) for side in data_of(op).shape]
    cuts[at] = (sum(parts[:part]), parts[part], 1)
    return sliced(op, cuts)


LIMITS = {
    "SPLIT": "axis constant; each part a copy", "SPLIT_V": "axis and lengths constant; each part a copy",
    "UNPACK": "each part a copy",
}  # fmt: skip
for _kind, _limits in LIMITS.items():
    family(_kind, limits=_limits)(lambda op: _check(op, "int8"))
    family(_kind + INT16, types="int16", limits=_limits)(lambda op: _check(op, "int16"))
    kernel(_kind, "nn_copy")(part_copy)
    kernel(_kind + INT16, "nn_copy")(part_copy)
