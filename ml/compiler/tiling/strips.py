"""Rewrites two layers into strips: some rows of the first, then at once the rows of the second that need them."""

from __future__ import annotations

from dataclasses import replace

from ml.compiler.graph import Graph, Op, Tensor, Tile
from ml.compiler.streaming.rows import WINDOWED, Reach, Rows, reach_of
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


def cut(graph: Graph, pair: Pair, height: int) -> Graph | None:
    """The graph with the pair in strips of `height` output rows; None where a strip would read padding only."""
    first, second = pair
    rows, tile = second.output.shape[HEIGHT], Tile([], [])
    for start in range(0, rows, height):
        span = (start, min(start + height, rows))
        between = _read(second, span)
        if between[0] >= between[1] or not _reads_rows(first, between):
            return None
        shape = with_side(first.output.shape, HEIGHT, between[1] - between[0])
        strip = replace(first.output, shape=shape)
        tile.first.append(_strip(first, between, _rows_of(first.inputs[0], _read(first, between)), strip))
        tile.second.append(_strip(second, span, strip, _rows_of(second.output, span)))
    strips = [op for both in zip(tile.first, tile.second, strict=True) for op in both]
    at = graph.ops.index(first)
    return replace(graph, ops=[*graph.ops[:at], *strips, *graph.ops[at + 2 :]], tiles=[*graph.tiles, tile])


def _rows(op: Op) -> Rows:
    return Rows(HEIGHT, op.inputs[0].shape[HEIGHT], None)


def _reach(op: Op) -> Reach:
    return reach_of(op, _rows(op))


def _read(op: Op, span: tuple[int, int]) -> tuple[int, int]:
    """The rows of the input that rows `span` of the output read."""
    return _reach(op).span(*span, _rows(op).count)


def _reads_rows(op: Op, span: tuple[int, int]) -> bool:
    low, high = _read(op, span)
    return low < high


def _rows_of(tensor: Tensor, span: tuple[int, int]) -> Tensor:
    """Rows of an image, in its memory."""
    shape = with_side(tensor.shape, HEIGHT, span[1] - span[0])
    return replace(tensor, shape=shape, view_of=tensor, view_start=span[0] * _row_bytes(tensor), variable=False)


def _row_bytes(tensor: Tensor) -> int:
    return tensor.size // tensor.shape[HEIGHT]


def _strip(op: Op, span: tuple[int, int], given: Tensor, made: Tensor) -> Op:
    options = op.options | {FIRST_BYTE: span[0] * _row_bytes(op.output)}
    strip = replace(op, inputs=[given, *op.inputs[1:]], outputs=[made], options=options)
    place_window(strip, op, _rows(op), _reach(op), span)
    return strip
