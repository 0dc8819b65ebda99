"""Operators that only move bytes, as copies over nested loops with strides: padding, slices, transposition."""

from __future__ import annotations

import numpy as np

from ml.compiler.graph import Op, Operands, Tensor
from ml.compiler.operators import checks
from ml.compiler.operators.base import Lowered, Options, Struct, Work, family, kernel
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


def copy_loops(sides, source, target, *, item: int, owner: Tensor) -> tuple[list[list[int]], int]:
    """Five loops, outermost first, each (times, bytes a step from, to), and the bytes of a run. Strides in elements of
    `item` bytes; neighbouring axes that are dense on both sides are merged, and so is the innermost run."""
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
    return [[1, 0, 0]] * (LOOPS - len(merged)) + merged, run


def copy_rows(merged: list[list[int]], run: int, starts: tuple[int, int]):
    """The rows of an nn_copy_plan; starts (from, to) in bytes."""
    return (
        (braces(n for n, _, _ in merged), "loops, outermost first"),
        (f"{braces(f for _, f, _ in merged)}, {braces(t for _, _, t in merged)}", "bytes a step: from, to"),
        (f"{starts[0]}, {starts[1]}, {run}", "first byte: from, to; bytes in a run"),
    )


def copy_work(merged: list[list[int]], run: int, starts: tuple[int, int] = (0, 0), filled: int = 0) -> Work:
    """What nn_copy and nn_fill cost."""
    turns = np.cumprod([times for times, _, _ in merged])
    aligned = not any(step % 4 for _, *steps in merged for step in (*steps, *starts))
    moved = copied_work(int(turns[-1]), run, aligned)
    return {"call": 1, "outer": int(turns[-2]), "runs": int(turns[-1]), "filled": filled, **moved}


def copied_work(runs: int, run: int, aligned: bool) -> Work:
    """The C library's memcpy and memmove: words, four a turn, of 16 bytes and more where both ends are aligned."""
    wide = run >= 16 and aligned
    return {
        "blocks": runs * (run // 16) * wide, "words": runs * (run % 16 // 4) * wide,
        "bytes": runs * (run % 4 if wide else run), "wide": runs * wide,
    }  # fmt: skip


def item_size(tensor: Tensor) -> int:
    return np.dtype(tensor.dtype).itemsize


def pads(op: Op) -> np.ndarray:
    """int64 [axis, 2]: cells before and after."""
    return op.inputs[1].values.reshape(-1, 2).astype(np.int64)


def one_copy(op: Op, moves, *, starts=(0, 0), fill: int | None = None) -> Lowered:
    """A single nn_copy from the first data input to the output: `moves` are sides and strides on either side. With
    `fill` the output is filled with that byte first."""
    output = op.output
    item = item_size(output)
    plan = copy_loops(*moves, item=item, owner=output)
    rows = copy_rows(*plan, (starts[0] * item, starts[1] * item))
    filling = [] if fill is None else [f"nn_fill({{out}}, {fill}, {output.size})"]
    return Lowered(
        calls=[*filling, f"nn_copy(&{{name}}, {{{_data_input(op)}}}, {{out}})"],
        struct=Struct("nn_copy_plan", rows, COPY_BYTES),
        headers=("nn/copy.h",),
        reason="bytes only move",
        work=copy_work(*plan, (starts[0] * item, starts[1] * item), 0 if fill is None else output.size),
    )


def _data_input(op: Op) -> int:
    return 1 if op.kind == "SPLIT" else 0


def check_move(op: Op, fewest: int, types: tuple[str, ...] = ("int8",)) -> None:
    """One activation in, one of the same quantisation out, the other inputs constant int32 or int64."""
    checks.arity(op, fewest)
    given, output = op.inputs[0], op.output
    checks.quantised(given, types)
    checks.quantised(output, types)
    checks.same_quantisation(given, output)
    checks.same_type(op, given)
    for tensor in op.inputs[1:]:
        checks.constant(tensor)
        checks.dtypes(tensor, ("int32", "int64"))


@family("PAD", limits="amounts constant")
def check_pad(op: Op) -> None:
    check_move(op, 2)
    check_pads(op)


def check_pads(op: Op) -> None:
    given, output = op.inputs[0], op.output
    checks.require(op.inputs[1].shape == (len(given.shape), 2), "its shape is not [dimensions, 2]", op.inputs[1])
    amounts = pads(op)
    checks.require(
        bool(np.all((amounts >= 0) & (amounts <= checks.MAX_SIDE))), "an amount is not 0..65535", op.inputs[1]
    )
    checks.shape(output, tuple(int(side + sum(pad)) for side, pad in zip(given.shape, amounts.tolist(), strict=True)))


@family("PADV2", limits="amounts and value constant")
def check_padv2(op: Op) -> None:
    checks.arity(op, 3)
    check_move(Op(op.kind, op.index, Operands(op.inputs[:2]), op.outputs), 2)
    check_pads(op)
    value = op.inputs[2]
    checks.constant(value)
    checks.dtypes(value, ("int8",))
    checks.require(value.elements == 1, "it is not one value", value)
    checks.require(len(value.scales) == 1, "it has no scale", value)
    checks.same_quantisation(op.inputs[0], value)


def _padded(op: Op, value: int) -> Lowered:
    given, output = op.inputs[0], op.output
    start = int(np.dot(pads(op)[:, 0], strides(output.shape)))
    moves = (given.shape, strides(given.shape), strides(output.shape))
    return one_copy(op, moves, starts=(0, start), fill=value)


@kernel("PAD", "nn_copy")
def pad(op: Op, options: Options) -> Lowered | None:
    return _padded(op, op.output.zero)


@kernel("PADV2", "nn_copy")
def padv2(op: Op, options: Options) -> Lowered | None:
    return _padded(op, int(op.inputs[2].values.reshape(-1)[0]))


@family("TRANSPOSE", limits="permutation constant")
def check_transpose(op: Op) -> None:
    check_turn(op, "int8")


def check_turn(op: Op, activations: str) -> None:
    check_move(op, 2, (activations,))
    given, order = op.inputs[0], op.inputs[1].values.reshape(-1).tolist()
    checks.require(sorted(order) == list(range(len(given.shape))), f"{order} is no permutation", op.inputs[1])
    checks.shape(op.output, tuple(given.shape[axis] for axis in order))
    transpose(op, Options())


@kernel("TRANSPOSE", "nn_copy")
def transpose(op: Op, options: Options) -> Lowered | None:
    steps = strides(op.inputs[0].shape)
    source = [steps[axis] for axis in op.inputs[1].values.reshape(-1).tolist()]
    return one_copy(op, (op.output.shape, source, strides(op.output.shape)))


def slices(op: Op) -> list[tuple[int, int, int]]:
    """(first, count, step) along each axis of a STRIDED_SLICE; an axis that shrinks has count 1."""
    shape = op.inputs[0].shape
    begin, end, step = (t.values.reshape(-1).tolist() for t in op.inputs[1:4])
    made = []
    for axis, side in enumerate(shape):
        if axis >= len(begin):
            made.append((0, side, 1))
            continue
        bit = 1 << axis
        checks.require(step[axis] != 0, "a step is 0", op.inputs[3])
        if op.options["shrink_axis_mask"] & bit:
            first = begin[axis] + (side if begin[axis] < 0 else 0)
            checks.require(0 <= first < side, f"index {begin[axis]} is outside {side}", op.inputs[1])
            made.append((first, 1, 1))
            continue
        low = None if op.options["begin_mask"] & bit else begin[axis]
        high = None if op.options["end_mask"] & bit else end[axis]
        walk = range(*slice(low, high, step[axis]).indices(side))
        made.append((walk.start, len(walk), walk.step))
    return made


SLICE_LIMITS = "bounds and steps constant; no ellipsis, no new axis"


@family("STRIDED_SLICE", limits=SLICE_LIMITS)
def check_strided_slice(op: Op) -> None:
    check_slice(op, "int8")


def check_slice(op: Op, activations: str) -> None:
    check_move(op, 4, (activations,))
    given = op.inputs[0]
    counts = [t.elements for t in op.inputs[1:4]]
    checks.require(len(set(counts)) == 1 and counts[0] <= len(given.shape), "its bounds do not fit", op.inputs[1])
    for option in ("ellipsis_mask", "new_axis_mask", "offset"):
        checks.require(not op.options[option], f"it uses {option}", given)
    shrunk = op.options["shrink_axis_mask"]
    kept = tuple(count for axis, (_, count, _) in enumerate(slices(op)) if not (shrunk >> axis) & 1)
    checks.shape(op.output, kept)
    strided_slice(op, Options())


@kernel("STRIDED_SLICE", "nn_copy")
def strided_slice(op: Op, options: Options) -> Lowered | None:
    return sliced(op, slices(op))


def sliced(op: Op, cuts: list[tuple[int, int, int]]) -> Lowered:
    """Copies the (first, count, step) along each axis of the data input to a dense output."""
    steps = strides(op.inputs[_data_input(op)].shape)
    counts = tuple(count for _, count, _ in cuts)
    start = sum(first * step for (first, _, _), step in zip(cuts, steps, strict=True))
    source = [step * jump for step, (_, _, jump) in zip(steps, cuts, strict=True)]
    return one_copy(op, (counts, source, strides(counts)), starts=(start, 0))
