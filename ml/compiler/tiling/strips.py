"""Rewrites two layers into strips: some rows of the first, then at once the rows of the second that need them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ml.compiler.graph import Graph, Op, Tensor, Tile
from ml.compiler.operators.convolution import Window
from ml.compiler.streaming.rows import WINDOWED, Reach, Rows, reach_along, walk_of
from ml.compiler.streaming.strips import FIRST_BYTE, place_window, with_side

HEIGHT = 1  # the axis that is cut: rows of an image are contiguous
Pair = tuple[Op, Op]


def pair_at(graph: Graph, number: int) -> Pair | None:
    """The operator and the one behind it, where nobody else reads what is between them and both can be cut."""
    pair = graph.ops[number : number + 2]
    if number < 0 or len(pair) < 2 or not all(map(_can_be_cut, pair)):
        return None
    first, second = pair
    ours = second.inputs[0] is first.output and graph.feeds_only(first.output, second)
    return (first, second) if ours and not first.inputs[0].storage.variable else None


def _can_be_cut(op: Op) -> bool:
    tensors = [*op.inputs[:1], *op.outputs]
    images = op.kind in WINDOWED and all(len(t.shape) == 4 and t.shape[0] == 1 for t in tensors)
    return images and FIRST_BYTE not in op.options and op.inputs[0].data is None


def heights(rows: int, most: int) -> list[int]:
    """Rows of a strip, the highest first, so that 2 to `most` strips make `rows`."""
    return list(dict.fromkeys(-(-rows // strips) for strips in range(2, min(rows, most) + 1)))


@dataclass(frozen=True)
class _Cut:
    """An operator that is made into strips: what of it all strips share."""

    op: Op
    walk: Window
    rows: Rows  # of its input
    reach: Reach

    @classmethod
    def of(cls, op: Op) -> _Cut:
        walk = walk_of(op)
        return cls(op, walk, Rows(HEIGHT, op.inputs[0].shape[HEIGHT], None), reach_along(walk, HEIGHT))

    def read(self, span: tuple[int, int]) -> tuple[int, int]:
        """The rows of the input that rows `span` of the output read."""
        return self.reach.span(*span, self.rows.count)

    def strip(self, span: tuple[int, int], given: Tensor, made: Tensor) -> Op:
        options = self.op.options | {FIRST_BYTE: span[0] * _row_bytes(self.op.output)}
        strip = replace(self.op, inputs=[given, *self.op.inputs[1:]], outputs=[made], options=options)
        place_window(strip, self.op, self.walk, self.rows, self.reach, span)
        return strip


def cut(graph: Graph, pair: Pair, height: int) -> Graph | None:
    """The graph with the pair in strips of `height` output rows; None where a strip would read padding only."""
    first, second = map(_Cut.of, pair)
    rows, tile = second.op.output.shape[HEIGHT], Tile([], [])
    for start in range(0, rows, height):
        span = (start, min(start + height, rows))
        between = second.read(span)
        if between[0] >= between[1]:
            return None
        read = first.read(between)
        if read[0] >= read[1]:
            return None
        strip = replace(first.op.output, shape=with_side(first.op.output.shape, HEIGHT, between[1] - between[0]))
        tile.first.append(first.strip(between, _rows_of(first.op.inputs[0], read), strip))
        tile.second.append(second.strip(span, strip, _rows_of(second.op.output, span)))
    strips = [op for both in zip(tile.first, tile.second, strict=True) for op in both]
    at = graph.ops.index(first.op)
    return replace(graph, ops=[*graph.ops[:at], *strips, *graph.ops[at + 2 :]], tiles=[*graph.tiles, tile])


def _rows_of(tensor: Tensor, span: tuple[int, int]) -> Tensor:
    """Rows of an image, in its memory."""
    shape = with_side(tensor.shape, HEIGHT, span[1] - span[0])
    return replace(tensor, shape=shape, view_of=tensor, view_start=span[0] * _row_bytes(tensor), variable=False)


def _row_bytes(tensor: Tensor) -> int:
    return tensor.size // tensor.shape[HEIGHT]
