"""Finds the tensors that have a time axis, and the rows that the next window has too.

A row is everything at one position along the time axis. A window moves by `hop` rows of the input; further down, where
strides have divided the rows, by fewer. A row whose receptive field reaches the padding before or after the window
belongs to that window alone: `head` rows at the start and `tail` rows at the end. The others move on.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from ml.compiler.graph import Graph, Op, Tensor
from ml.compiler.operators.convolution import Window, window
from ml.compiler.operators.movement import slices
from ml.compiler.unsupported import Unsupported

CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
WINDOWED = (*CONVOLUTIONS, "MAX_POOL_2D", "AVERAGE_POOL_2D")
CROP = "STRIDED_SLICE"
ROW_BY_ROW = (
    *("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM", "CONCATENATION", "SOFTMAX", "FULLY_CONNECTED", "MEAN"),
    *("RELU", "RELU6", "LEAKY_RELU", "HARD_SWISH", "LOGISTIC", "TANH", "QUANTIZE", "ELU", "EXP"),
)


@dataclass(frozen=True)
class Rows:
    """The time axis of a tensor."""

    axis: int
    count: int
    hop: int | None  # rows by which a step moves; None: no row of a window is one of the next
    head: int = 0
    tail: int = 0

    @property
    def step(self) -> int:
        """`hop` where there is one."""
        if self.hop is None:
            raise ValueError("expected rows that a window shares with the next, found none")
        return self.hop

    @property
    def fresh(self) -> int:
        """The first row that the window before did not have; 0 when there is none."""
        return max(self.count - self.tail - (self.hop or self.count), 0)

    @property
    def reusable(self) -> bool:
        return self.hop is not None and self.head < self.fresh


@dataclass(frozen=True)
class Reach:
    """What an output row reads: rows [row * stride - pad, row * stride - pad + extent) of the input.

    A crop has a negative `pad`: the rows that it leaves out at the start.
    """

    extent: int = 1
    stride: int = 1
    pad: int = 0

    def span(self, first: int, end: int, count: int) -> tuple[int, int]:
        """The input's rows, of `count`, that output rows [first, end) read."""
        start = first * self.stride - self.pad
        stop = (end - 1) * self.stride - self.pad + self.extent
        return max(start, 0), min(stop, count)

    def through(self, given: Rows, axis: int, count: int) -> Rows:
        """The rows of the output."""
        hop = given.hop // self.stride if given.hop and given.hop % self.stride == 0 else None
        head = max(min(-(-(given.head + self.pad) // self.stride), count), 0)
        whole = given.count - given.tail - self.extent + self.pad  # the last start that stays before the tail
        tail = count - max(min(whole // self.stride + 1, count), 0)
        return Rows(axis, count, hop, head, tail)


def kernel_sides(op: Op) -> tuple[int, int]:
    if op.kind in CONVOLUTIONS:
        return op.inputs[1].shape[1], op.inputs[1].shape[2]
    return op.options["kernel_height"], op.options["kernel_width"]


def walk_of(op: Op) -> Window:
    return window(op, kernel_sides(op), op.inputs[0], op.output)


def reach_of(op: Op, given: Rows) -> Reach:
    """How a windowed operator reads along the time axis."""
    return reach_along(walk_of(op), given.axis) if op.kind in WINDOWED else Reach()


def reach_along(walk: Window, axis: int) -> Reach:
    """How a window reads along an axis of the image."""
    side = axis - 1
    return Reach((walk.kernel[side] - 1) * walk.dilation[side] + 1, walk.stride[side], walk.pad[side])


class Timeline:
    """The rows of every tensor of a graph that has them, and why others have not.

    `axis` is the input's time axis or None for the first that is longer than 1; `hop` in rows of the input.
    """

    def __init__(self, graph: Graph, axis: int | None, hop: int):
        self._rows: dict[int, Rows] = {}
        self.reach: dict[int, Reach] = {}  # by id of the operators that work row by row
        self.stops: list[tuple[Op, str]] = []  # operators behind which nothing can be kept
        given = graph.inputs[0]
        self.given = Rows(input_axis(given, axis), given.shape[input_axis(given, axis)], hop)
        self._rows[id(given)] = self.given
        for op in graph.ops:
            self._follow(op)

    def of(self, tensor: Tensor) -> Rows | None:
        """None for a constant and for a tensor without a time axis."""
        if tensor.view_of is None:
            return self._rows.get(id(tensor))
        base = self.of(tensor.view_of)
        if base is None:
            return None
        axis = row_axis(tensor.shape, base.count)
        return None if axis is None else Rows(axis, base.count, base.hop, base.head, base.tail)

    def known(self, tensor: Tensor) -> Rows:
        """Of a tensor that has a time axis."""
        rows = self.of(tensor)
        if rows is None:
            raise ValueError(f"tensor {tensor.index}: expected a time axis, found none")
        return rows

    def _follow(self, op: Op) -> None:
        read = [t for t in op.inputs if t is not None and t.data is None]
        if all(id(t.storage) not in self._rows for t in read):
            return  # behind the last time axis
        rows = [found for t in read if (found := self.of(t)) is not None]
        try:
            _require(len(rows) == len(read), "reads all rows of the window at once")
            given = _common(rows)
            reach, axis = self._readable(op, given)
        except _Stop as why:
            self.stops.append((op, str(why)))
            return
        made = reach.through(given, axis, op.output.shape[axis])
        if made.count == 1:
            return  # one row for the window: there is no time left
        if made.hop is None and given.hop is not None:
            whole = self.given.step // given.step * reach.stride
            self.stops.append((op, f"moves {reach.stride} rows at a time: take a --hop that is a multiple of {whole}"))
        self._rows[id(op.output)] = made
        self.reach[id(op)] = reach

    def _readable(self, op: Op, given: Rows) -> tuple[Reach, int]:
        """How the operator reads its rows, and the output's time axis."""
        _require(op.kind in (*WINDOWED, *ROW_BY_ROW, CROP) and len(op.outputs) == 1, "is not computed row by row")
        if op.kind in WINDOWED:
            return _windowed(op, given)
        if op.kind == CROP:
            return _cropped(op, given)
        _check_row_by_row(op, given)
        axis = row_axis(op.output.shape, given.count)
        if axis is None:
            raise _Stop("does not keep the rows")
        return Reach(), axis


class _Stop(Exception):
    """An operator that needs the whole window; says why."""


def _require(condition: bool, why: str) -> None:
    if not condition:
        raise _Stop(why)


def _common(rows: list[Rows]) -> Rows:
    """Rows of several inputs that are read side by side."""
    first = rows[0]
    same = all((r.axis, r.count, r.hop) == (first.axis, first.count, first.hop) for r in rows)
    _require(same, "reads inputs that do not move alike")
    return Rows(first.axis, first.count, first.hop, max(r.head for r in rows), max(r.tail for r in rows))


def _windowed(op: Op, given: Rows) -> tuple[Reach, int]:
    _require(given.axis in (1, 2), "reads all rows of the window at once")
    image, output = op.inputs[0], op.output
    flat = image.shape[1] == output.shape[1] == 1
    _require(given.axis == 1 or flat, "has a height besides its time along the width")
    try:
        reach = reach_of(op, given)
    except Unsupported as why:
        raise _Stop(str(why)) from why
    count = output.shape[given.axis]
    touches = reach.span(0, 1, given.count)[1] > 0 and (count - 1) * reach.stride - reach.pad < given.count
    _require(touches, "has rows that read padding only")
    return reach, given.axis


def _cropped(op: Op, given: Rows) -> tuple[Reach, int]:
    """As a residual leaves out the rows that a convolution without padding has used up."""
    cuts, shape = slices(op), op.inputs[0].shape
    first, count, step = cuts.pop(given.axis)
    others = [(0, side, 1) for axis, side in enumerate(shape) if axis != given.axis]
    rows_only = cuts == others and op.output.shape == with_side(shape, given.axis, count)
    _require(rows_only and step == 1, "cuts rows up")
    return Reach(pad=-first), given.axis


def with_side(shape: tuple[int, ...], axis: int, side: int) -> tuple[int, ...]:
    return (*shape[:axis], side, *shape[axis + 1 :])


def _check_row_by_row(op: Op, given: Rows) -> None:
    """Raises where the operator mixes rows or depends on a row's position in the window."""
    axis, rank = given.axis, len(op.inputs[0].shape)
    if op.kind == "FULLY_CONNECTED":
        _require(op.inputs[0].shape[-1] == op.inputs[1].shape[-1] and axis < rank - 1, "reads all rows at once")
        return
    if op.kind == "MEAN":
        axes = {int(a) % rank for a in op.inputs[1].values.reshape(-1).tolist()}
        _require(axis not in axes, "reads all rows of the window at once")
        return
    if op.kind == "CONCATENATION":
        _require(op.options["axis"] % rank != axis, "joins along time")
    _require(op.kind != "SOFTMAX" or axis < rank - 1, "reads all rows of the window at once")
    for tensor in op.inputs:
        place = axis - len(op.output.shape) + len(tensor.shape)
        fixed = tensor.data is None or place < 0 or tensor.shape[place] == 1
        _require(fixed, "has a constant that differs from row to row")


def row_axis(shape: tuple[int, ...], count: int) -> int | None:
    """The axis of `count` rows that are contiguous: everything before it has one side only."""
    for axis, side in enumerate(shape):
        if side == count and prod(shape[:axis]) == 1:
            return axis
    return None


def input_axis(given: Tensor, axis: int | None) -> int:
    """The time axis of the model's input; Unsupported where it cannot be that one."""
    first = next((a for a, side in enumerate(given.shape) if side > 1), None)
    if first is None:
        raise Unsupported("it has no axis longer than 1 to be time", given)
    if axis is not None and axis != first:
        raise Unsupported(f"axis {axis} cannot be time: its steps are contiguous along axis {first} only", given)
    return first
