"""Rewrites a graph of whole windows into one of steps: every operator works on strips of rows.

The result is an ordinary graph, so that kernels, the memory plan and the header are those of every other model. State
is a variable tensor; a strip that is part of a larger one is a view into it. Three operators are added: ADVANCE moves
what stays of each history that is a strip and takes the new rows of the input; RECALL and KEEP copy from and to a ring.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ml.compiler.graph import Graph, Op, Operands, Tensor
from ml.compiler.operators.convolution import Window
from ml.compiler.streaming.needs import Span, Storage
from ml.compiler.streaming.rows import CONVOLUTIONS, CROP, WINDOWED, Reach, Timeline, row_axis, walk_of, with_side

SWAPPED = (("stride_height", "stride_width"), ("dilation_height", "dilation_width"), ("kernel_height", "kernel_width"))
FIRST_BYTE = "first_byte"  # among an operator's options: where its output begins in the tensor of the whole window


@dataclass
class Strips:
    """The strips of one tensor: (first row, their memory)."""

    storage: Storage
    tensor: Tensor
    memory: list[tuple[int, Tensor]] = field(default_factory=list)
    history: tuple[Tensor, Tensor] | None = None  # a ring, and the byte of it at which it begins

    @property
    def row(self) -> int:
        """Bytes."""
        return self.tensor.size // self.storage.rows.count

    def rows(self, first: int, end: int, like: Tensor | None = None) -> Tensor:
        """Rows [first, end), shaped as `like`, a view of the tensor or the tensor itself."""
        for start, memory in self.memory:
            if start <= first and end - start <= memory.shape[self.storage.rows.axis]:
                return self._view(memory, first - start, end - first, like or self.tensor)
        raise AssertionError(f"rows {first}..{end} of tensor {self.tensor.index} were never made")

    def _view(self, memory: Tensor, skipped: int, count: int, like: Tensor) -> Tensor:
        shape, whole = like.shape, self.storage.rows.count
        axis = row_axis(shape, whole)
        if count != whole and axis is not None:
            shape = with_side(shape, axis, count)
        if shape == memory.shape:
            return memory
        return replace(like, shape=shape, view_of=memory, view_start=skipped * self.row, variable=False)


class Rewriter:
    """`graph` is the rewritten one once the constructor is done."""

    def __init__(self, graph: Graph, timeline: Timeline, storages: dict[int, Storage]):
        self.timeline, self.storages = timeline, storages
        self.strips: dict[int, Strips] = {}
        self.whole: dict[int, Tensor] = {}  # tensors without rows, by id
        self.ops: list[Op] = []
        given = graph.inputs[0]
        hop = timeline.given.step
        step = replace(given, shape=with_side(given.shape, timeline.given.axis, hop))
        self._input(given, step)
        for op in graph.ops:
            self._rewrite(op)
        if advance := self._advance(step):
            self.ops.insert(0, advance)
        outputs = [self._all_rows(t) for t in graph.outputs]
        self.graph = Graph(tensors=graph.tensors, ops=self.ops, inputs=[step], outputs=outputs)

    def _input(self, given: Tensor, step: Tensor) -> None:
        storage = self.storages[id(given)]
        strips = self.strips[id(given)] = Strips(storage, given)
        if storage.kept is None:
            strips.memory.append((storage.rows.fresh, step))
        else:
            self._allocate(strips)

    def _allocate(self, strips: Strips) -> None:
        """Memory for each strip; one that holds a history in place is state."""
        storage, axis = strips.storage, strips.storage.rows.axis
        for first, end in storage.strips:
            holds = storage.in_place and first <= storage.found[0] and storage.found[1] <= end
            shape = with_side(strips.tensor.shape, axis, end - first)
            strips.memory.append((first, replace(strips.tensor, shape=shape, variable=holds, view_of=None)))
        if storage.recalled:
            shape = with_side(strips.tensor.shape, axis, storage.found[1] - storage.found[0])
            begins = "byte at which the ring above begins"
            strips.history = (
                replace(strips.tensor, shape=shape, variable=True),
                Tensor(strips.tensor.index, begins, (1,), "int32", variable=True),
            )

    def _rewrite(self, op: Op) -> None:
        storage = self.storages.get(id(op.output))
        if storage is None:
            self.ops.append(replace(op, inputs=[self._all_rows(t) for t in op.inputs]))
            return
        strips = self.strips[id(op.output)] = Strips(storage, op.output)
        self._allocate(strips)
        for span in storage.recalled:
            self.ops.append(_recall(op.index, strips, span))
        for span in storage.computed:
            self.ops.append(self._strip(op, strips, span))
        if storage.recalled:
            self.ops.append(_keep(op.index, strips))

    @staticmethod
    def _next(storage: Storage) -> Span:
        """The rows that the next step will find where this one found `kept`."""
        return storage.found[0] + storage.rows.step, storage.found[1] + storage.rows.step

    def _advance(self, step: Tensor) -> Op | None:
        """Every history in place moves by its hop; then the input's new rows join theirs."""
        inputs = [step]
        for strips in self.strips.values():
            if strips.storage.in_place:
                inputs += [strips.rows(*self._next(strips.storage)), strips.rows(*strips.storage.found)]
        given = next(iter(self.strips.values()))
        keeps = given.storage.kept is not None
        if not keeps and len(inputs) == 1:
            return None
        rows = given.storage.rows
        target = given.rows(rows.fresh, rows.count) if keeps else step
        return Op("ADVANCE", -1, Operands(inputs), [target], {FIRST_BYTE: given.row * rows.fresh})

    def _all_rows(self, tensor: Tensor) -> Tensor:
        """A tensor as a whole: the same, or its rows where it has a time axis. None stays None (Operands)."""
        strips = None if tensor is None else self.strips.get(id(tensor.storage))
        return tensor if strips is None else strips.rows(0, strips.storage.rows.count, tensor)

    def _strip(self, op: Op, strips: Strips, span: Span) -> Op:
        """The operator for some rows of its output."""
        reach = self.timeline.reach[id(op)]
        inputs = [t if t is None or t.data is not None else self._read(t, reach, span) for t in op.inputs]
        options = op.options | {FIRST_BYTE: strips.row * span[0]}
        strip = replace(op, inputs=inputs, outputs=[strips.rows(*span)], options=options)
        if op.kind in WINDOWED:
            place_window(strip, op, walk_of(op), self.timeline.of(op.inputs[0]), reach, span)
        if op.kind == CROP:
            strip.options |= {"begin_mask": -1, "end_mask": -1}  # the rows that it reads are cut out already
        return strip

    def _read(self, tensor: Tensor, reach: Reach, span: Span) -> Tensor:
        strips = self.strips[id(tensor.storage)]
        return strips.rows(*reach.span(*span, strips.storage.rows.count), tensor)


def _recall(index: int, strips: Strips, span: Span) -> Op:
    options = {FIRST_BYTE: strips.row * span[0], "skip": strips.row * (span[0] - strips.storage.found[0])}
    return Op("RECALL", index, Operands(strips.history or ()), [strips.rows(*span)], options)


def _keep(index: int, strips: Strips) -> Op:
    """The newest rows that move on take the place of the oldest."""
    kept, hop = strips.storage.found, strips.storage.rows.step
    first = kept[1] + hop - min(hop, kept[1] - kept[0])
    rows = strips.rows(first, kept[1] + hop)
    return Op("KEEP", index, Operands([rows, *(strips.history or ())]), [rows], {FIRST_BYTE: strips.row * first})


def place_window(strip: Op, op: Op, walk: Window, rows, reach: Reach, span: Span) -> None:
    """Explicit padding for a strip of `op`, whose window is `walk`, and time along the height."""
    side = rows.axis - 1
    across = 1 - side
    start, stop = span[0] * reach.stride - reach.pad, (span[1] - 1) * reach.stride - reach.pad + reach.extent
    along = (max(-start, 0), max(stop - rows.count, 0))
    extent = (walk.kernel[across] - 1) * walk.dilation[across] + 1
    end = (op.output.shape[1 + across] - 1) * walk.stride[across] - walk.pad[across] + extent
    strip.options |= {"padding": 1, "pads": (*along, walk.pad[across], max(end - op.inputs[0].shape[1 + across], 0))}
    if rows.axis == 2:
        _upright(strip)


def _upright(op: Op) -> None:
    """An image of height 1 holds the same bytes as one of width 1: kernels work row by row along the height."""
    for height, width in SWAPPED:
        if height in op.options:
            op.options[height], op.options[width] = op.options[width], op.options[height]
    op.inputs[0] = _turned(op.inputs[0])
    op.outputs[0] = _turned(op.output)
    if op.kind in CONVOLUTIONS:
        weights = op.inputs[1]
        shape = (weights.shape[0], weights.shape[2], weights.shape[1], weights.shape[3])
        op.inputs[1] = replace(weights, shape=shape, data=np.ascontiguousarray(weights.values.transpose(0, 2, 1, 3)))


def _turned(tensor: Tensor) -> Tensor:
    batch, height, width, channels = tensor.shape
    return replace(tensor, shape=(batch, width, height, channels), view_of=tensor, view_start=0, variable=False)
