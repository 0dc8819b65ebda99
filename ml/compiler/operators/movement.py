"""Operators that only move bytes: PAD and CONCATENATION, each as copies over nested loops with strides."""

from __future__ import annotations

import math

import numpy as np

from ml.compiler.graph import Op, Tensor
from ml.compiler.operators import checks
from ml.compiler.operators.base import Lowered, Options, Struct, family, kernel
from ml.compiler.operators.convolution import braces

COPY_BYTES = 64  # sizeof(nn_copy_plan)
LOOPS = 5


def strides(shape: tuple[int, ...]) -> list[int]:
    """Elements from one index to the next along each axis of a dense tensor."""
    steps, step = [], 1
    for side in reversed(shape):
        steps.append(step)
        step *= side
    return steps[::-1]


def copy_rows(sides, source, target, *, starts=(0, 0), item: int, owner: Tensor):
    """The rows of an nn_copy_plan. Strides and starts (from, to) in elements of `item` bytes; neighbouring axes
    that are dense on both sides are merged, and so is the innermost run."""
    loops = [[n, f * item, t * item] for n, f, t in zip(sides, source, target, strict=True) if n > 1]
    run = item
    while loops and loops[-1][1] == loops[-1][2] == run:
        run *= loops.pop()[0]
    merged: list[list[int]] = []
    for n, f, t in loops:
        if merged and merged[-1][1] == n * f and merged[-1][2] == n * t and merged[-1][0] * n <= checks.MAX_SIDE:
            merged[-1] = [merged[-1][0] * n, f, t]
        else:
            merged.append([n, f, t])
    checks.require(len(merged) <= LOOPS, "it moves along too many axes", owner)
    merged = [[1, 0, 0]] * (LOOPS - len(merged)) + merged
    return (
        (braces(n for n, _, _ in merged), "loops, outermost first"),
        (f"{braces(f for _, f, _ in merged)}, {braces(t for _, _, t in merged)}", "bytes a step: from, to"),
        (f"{starts[0] * item}, {starts[1] * item}, {run}", "first byte: from, to; bytes in a run"),
    )


def item_size(tensor: Tensor) -> int:
    return np.dtype(tensor.dtype).itemsize


def pads(op: Op) -> np.ndarray:
    """int64 [axis, 2]: cells before and after."""
    return op.inputs[1].data.reshape(-1, 2).astype(np.int64)


@family("PAD", limits="amounts constant")
def check_pad(op: Op) -> None:
    checks.arity(op, 2)
    given, output = op.inputs[0], op.output
    checks.quantised(given)
    checks.quantised(output)
    checks.same_quantisation(given, output)
    checks.constant(op.inputs[1])
    checks.dtypes(op.inputs[1], ("int32", "int64"))
    checks.require(op.inputs[1].shape == (len(given.shape), 2), "its shape is not [dimensions, 2]", op.inputs[1])
    amounts = pads(op)
    checks.require(bool(np.all(amounts >= 0)), "an amount is negative", op.inputs[1])
    checks.shape(output, tuple(int(side + sum(pad)) for side, pad in zip(given.shape, amounts.tolist(), strict=True)))
    copy_rows(given.shape, strides(given.shape), strides(output.shape), item=1, owner=output)


@kernel("PAD", "nn_copy")
def pad(op: Op, options: Options) -> Lowered | None:
    given, output = op.inputs[0], op.output
    return pad_with(op, given, output, output.zero)


def pad_with(op: Op, given: Tensor, output: Tensor, value: int) -> Lowered:
    start = int(np.dot(pads(op)[:, 0], strides(output.shape)))
    item = item_size(output)
    moves = (given.shape, strides(given.shape), strides(output.shape))
    rows = copy_rows(*moves, starts=(0, start), item=item, owner=output)
    return Lowered(
        calls=[f"nn_fill({{out}}, {value}, {output.size})", "nn_copy(&{name}, {0}, {out})"],
        struct=Struct("nn_copy_plan", rows, COPY_BYTES),
        headers=("nn/copy.h",),
    )


@family("CONCATENATION", limits="inputs with the output's scale and zero point, no activation")
def check_concatenation(op: Op) -> None:
    checks.arity(op, 1, 16)
    output = op.output
    checks.quantised(output)
    axis = _axis(op)
    checks.require(0 <= axis < len(output.shape), "its axis is outside its dimensions", output)
    checks.require(op.options["activation"] == "none", "it has a fused activation", output)
    for tensor in op.inputs:
        checks.quantised(tensor)
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
    return Lowered(calls=calls, struct=struct, headers=("nn/copy.h",))
