"""Operators that only move bytes and may need several copies: TILE, MIRROR_PAD, PACK, blocks of pixels to batches or
channels and back."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import INT16, Lowered, Options, Struct, Work, family, kernel
from ml.compiler.operators.movement import (
    COPY_BYTES,
    check_move,
    check_pads,
    copy_loops,
    copy_rows,
    copy_work,
    item_size,
    pads,
    strides,
)

MOST_COPIES = 64  # of an operator: 64 bytes of flash each

# Sides of the loops, steps of the input and of the output in elements, first element of either.
Copy = tuple[Sequence[int], Sequence[int], Sequence[int], int, int]


def copies(op: Op, moves: list[tuple[int, Copy]], fill: int | None = None) -> Lowered:
    """(input, copy) one after the other into the output, which is filled first where `fill` is a value."""
    output, item = op.output, item_size(op.output)
    checks.require(0 < len(moves) <= MOST_COPIES, f"it needs {len(moves)} copies, more than {MOST_COPIES}", output)
    rows, work = [], {"call": 0.0}
    for number, (_, (sides, source, target, first, to)) in enumerate(moves):
        plan = copy_loops(sides, source, target, item=item, owner=output)
        starts = (first * item, to * item)
        rows.append(("{" + ", ".join(text for text, _ in copy_rows(*plan, starts)) + "}", ""))
        work = _added(work, copy_work(*plan, starts, output.size if fill is not None and number == 0 else 0))
    calls = [] if fill is None else [f"nn_fill({{out}}, {fill}, {output.size})"]
    calls += [f"nn_copy(&{{name}}[{number}], {{{given}}}, {{out}})" for number, (given, _) in enumerate(moves)]
    struct = Struct(f"nn_copy_plan[{len(rows)}]", tuple(rows), COPY_BYTES * len(rows))
    return Lowered(calls=calls, struct=struct, headers=("nn/copy.h",), work=work, reason="bytes only move")


def _added(a: Work, b: Work) -> Work:
    return {part: a.get(part, 0) + b.get(part, 0) for part in a | b}


def _tiled(op: Op) -> list[tuple[int, Copy]]:
    given, times = op.inputs[0].shape, [int(n) for n in op.inputs[1].values.reshape(-1)]
    source, target = strides(given), strides(op.output.shape)
    axes = zip(times, given, source, target, strict=True)
    loops = [loop for n, side, f, t in axes for loop in ((n, 0, side * t), (side, f, t))]
    return [(0, (*zip(*loops, strict=True), 0, 0))]  # pyright: ignore[reportReturnType]


def _check_tile(op: Op, activations: str) -> None:
    check_move(op, 2, (activations,))
    given, times = op.inputs[0], [int(n) for n in op.inputs[1].values.reshape(-1)]
    checks.require(len(times) == len(given.shape) > 0, "it has not one number an axis", op.inputs[1])
    checks.require(all(0 < n <= checks.MAX_SIDE for n in times), "a number is not 1..65535", op.inputs[1])
    checks.shape(op.output, tuple(n * side for n, side in zip(times, given.shape, strict=True)))
    copies(op, _tiled(op))


def _depth(op: Op) -> tuple[list[int], list[int], list[int]]:
    """(sides, steps of the image with few channels, steps of the one with many), the loops of either direction."""
    few, block = (op.output if op.kind == "DEPTH_TO_SPACE" else op.inputs[0]).shape, op.options["block_size"]
    batches, height, width, channels = few[0], few[1] // block, few[2] // block, few[3]
    many = channels * block * block
    sides = [batches, height, block, width, block, channels]
    row = few[2] * channels
    image = [few[1] * row, block * row, row, block * channels, channels, 1]
    deep = [height * width * many, width * many, block * channels, many, channels, 1]
    return sides, image, deep


def _check_depth(op: Op, activations: str) -> None:
    check_move(op, 1, (activations,))
    block, (few, many) = op.options["block_size"], (op.inputs[0], op.output)
    if op.kind == "DEPTH_TO_SPACE":
        few, many = many, few
    checks.rank(op.inputs[0], 4)
    checks.rank(op.output, 4)
    checks.require(0 < block <= checks.MAX_SIDE, "its block is not 1..65535", op.output)
    batches, height, width, channels = few.shape
    checks.require(height % block == 0 and width % block == 0, f"its sides are no multiples of {block}", few)
    checks.shape(many, (batches, height // block, width // block, channels * block * block))
    _to_depth(op, Options())


def _to_depth(op: Op, options: Options) -> Lowered | None:
    sides, image, deep = _depth(op)
    source, target = (deep, image) if op.kind == "DEPTH_TO_SPACE" else (image, deep)
    return copies(op, [(0, (sides, source, target, 0, 0))])


def blocks(op: Op) -> tuple[list[int], list[list[int]]]:
    """Of SPACE_TO_BATCH_ND and back: (block's height and width, padding or crops of both)."""
    block = [int(n) for n in op.inputs[1].values.reshape(-1)]
    edges = [[int(n) for n in row] for row in op.inputs[2].values.reshape(-1, 2)]
    return [*block, *[1] * (2 - len(block))], [*edges, *[[0, 0]] * (2 - len(edges))]


def image_of(shape: tuple[int, ...], spatial: int) -> tuple[int, int, int, int]:
    """Batches, height, width (1 where one axis is space) and the rest."""
    height, width = (*shape[1 : 1 + spatial], 1)[:2]
    return shape[0], height, width, math.prod(shape[1 + spatial :])


def _check_batch(op: Op, activations: str) -> None:
    check_move(op, 3, (activations,))
    given, output, spatial = op.inputs[0], op.output, op.inputs[1].elements
    checks.require(spatial in (1, 2) and spatial < len(given.shape), "its block has not one or two sides", op.inputs[1])
    checks.require(op.inputs[2].shape == (spatial, 2), "its shape is not [sides of the block, 2]", op.inputs[2])
    block, edges = blocks(op)
    checks.require(all(0 < n <= 255 for n in block), "a side of its block is not 1..255", op.inputs[1])
    small = all(0 <= n <= checks.MAX_SIDE for edge in edges for n in edge)
    checks.require(small, "an amount is not 0..65535", op.inputs[2])
    phases = block[0] * block[1]
    sides = given.shape[1 : 1 + spatial]
    if op.kind == "SPACE_TO_BATCH_ND":
        whole = [side + sum(edge) for side, edge in zip(sides, edges, strict=False)]
        checks.require(all(w % b == 0 for w, b in zip(whole, block, strict=False)), "its block does not fit", given)
        made = [w // b for w, b in zip(whole, block, strict=False)]
        shape = (given.shape[0] * phases, *made, *given.shape[1 + spatial :])
    else:
        checks.require(given.shape[0] % phases == 0, f"its batches are no multiple of {phases}", given)
        made = [side * b - sum(edge) for side, b, edge in zip(sides, block, edges, strict=False)]
        shape = (given.shape[0] // phases, *made, *given.shape[1 + spatial :])
    checks.shape(output, shape)
    _to_batch(op, Options())


def _to_batch(op: Op, options: Options) -> Lowered | None:
    """A copy for each pixel of a block: every block'th pixel of the image is a batch."""
    spreads = op.kind == "BATCH_TO_SPACE_ND"
    block, edges = blocks(op)
    spatial = op.inputs[1].elements
    given, made = image_of(op.inputs[0].shape, spatial), image_of(op.output.shape, spatial)
    whole, small = (made, given) if spreads else (given, made)
    batches, _, width, depth = whole
    fine, coarse = strides(whole), strides(small)
    moves: list[tuple[int, Copy]] = []
    for i, j in itertools.product(range(block[0]), range(block[1])):
        spans = [
            _phase(n, edge[0], whole[1 + a], small[1 + a], block[a])
            for a, (n, edge) in enumerate(zip((i, j), edges, strict=True))
        ]
        (top, rows, y), (left, columns, x) = spans
        if rows <= 0 or columns <= 0:
            continue
        at_whole = (y * width + x) * depth
        at_small = (i * block[1] + j) * batches * coarse[0] + top * coarse[1] + left * coarse[2]
        sides = (batches, rows, columns, depth)
        jumps = [fine[0], block[0] * fine[1], block[1] * fine[2], 1]
        one = (sides, coarse, jumps, at_small, at_whole) if spreads else (sides, jumps, coarse, at_whole, at_small)
        moves.append((0, one))
    padded = not spreads and any(n for edge in edges for n in edge)
    return copies(op, moves, op.output.zero if padded else None)


def _phase(offset: int, edge: int, whole: int, small: int, block: int) -> tuple[int, int, int]:
    """(first, count, its pixel in the image) of the pixels of a batch that lie in the image, along one axis."""
    first = max(-(-(edge - offset) // block), 0)
    last = min((whole - 1 + edge - offset) // block, small - 1)
    return first, last - first + 1, first * block + offset - edge


REFLECT = 0  # mode of a MIRROR_PAD that does not repeat the edge


def _segments(side: int, before: int, after: int, skip: int) -> list[tuple[int, int, int, int]]:
    """(count, first, step, place) along one axis."""
    parts = [(before, before + skip - 1, -1, 0), (side, 0, 1, before), (after, side - 1 - skip, -1, before + side)]
    return [part for part in parts if part[0]]


def _mirrored(op: Op) -> list[tuple[int, Copy]]:
    given = op.inputs[0].shape
    source, target = strides(given), strides(op.output.shape)
    skip = int(op.options["mode"] == REFLECT)
    edges = zip(given, pads(op).tolist(), strict=True)
    axes = [_segments(side, int(before), int(after), skip) for side, (before, after) in edges]
    moves: list[tuple[int, Copy]] = []
    for parts in itertools.product(*axes):
        counts = [count for count, *_ in parts]
        steps = [step * f for (_, _, step, _), f in zip(parts, source, strict=True)]
        first = sum(start * f for (_, start, _, _), f in zip(parts, source, strict=True))
        place = sum(at * t for (*_, at), t in zip(parts, target, strict=True))
        moves.append((0, (counts, steps, target, first, place)))
    return moves


def _check_mirror(op: Op, activations: str) -> None:
    check_move(op, 2, (activations,))
    check_pads(op)
    given, skip = op.inputs[0], int(op.options["mode"] == REFLECT)
    fits = all(max(edge) <= side - skip for side, edge in zip(given.shape, pads(op).tolist(), strict=True))
    checks.require(fits, "an amount is larger than what can be mirrored", op.inputs[1])
    copies(op, _mirrored(op))


def _axis(op: Op) -> int:
    axis = op.options["axis"]
    return axis + len(op.output.shape) if axis < 0 else axis


def _packed(op: Op) -> list[tuple[int, Copy]]:
    axis, target = _axis(op), strides(op.output.shape)
    kept = [step for number, step in enumerate(target) if number != axis]
    return [(i, (t.shape, strides(t.shape), kept, 0, i * target[axis])) for i, t in enumerate(op.inputs)]


def _check_pack(op: Op, activations: str) -> None:
    checks.arity(op, len(op.inputs) or 1, 16)
    output = op.output
    checks.quantised(output, (activations,))
    axis = _axis(op)
    checks.require(0 <= axis < len(output.shape), "its axis is outside its dimensions", output)
    for tensor in op.inputs:
        checks.quantised(tensor, (activations,))
        checks.same_quantisation(output, tensor)
        checks.shape(output, (*tensor.shape[:axis], len(op.inputs), *tensor.shape[axis:]))
    copies(op, _packed(op))


def _cut(op: Op) -> list[tuple[int, Copy]]:
    given, made = op.inputs[0].shape, op.output.shape
    steps = strides(given)
    first = sum(int(at) * step for at, step in zip(op.inputs[1].values.reshape(-1), steps, strict=True))
    return [(0, (made, steps, strides(made), first, 0))]


def _check_slice(op: Op, activations: str) -> None:
    check_move(op, 3, (activations,))
    given = op.inputs[0].shape
    begin, size = ([int(n) for n in t.values.reshape(-1)] for t in op.inputs[1:3])
    checks.require(len(begin) == len(size) == len(given), "its bounds do not fit", op.inputs[1])
    size = [side - at if n == -1 else n for side, at, n in zip(given, begin, size, strict=True)]
    inside = all(at >= 0 and n > 0 and at + n <= side for side, at, n in zip(given, begin, size, strict=True))
    checks.require(inside, "it reaches outside its input", op.inputs[1])
    checks.shape(op.output, tuple(size))
    copies(op, _cut(op))


def _turned(op: Op) -> list[tuple[int, Copy]]:
    shape = op.inputs[0].shape
    axes = {int(axis) % len(shape) for axis in op.inputs[1].values.reshape(-1)}
    steps = [-step if axis in axes else step for axis, step in enumerate(strides(shape))]
    first = sum((shape[axis] - 1) * strides(shape)[axis] for axis in axes)
    return [(0, (shape, steps, strides(shape), first, 0))]


def _check_reverse(op: Op, activations: str) -> None:
    check_move(op, 2, (activations,))
    rank = len(op.inputs[0].shape)
    inside = all(-rank <= int(axis) < rank for axis in op.inputs[1].values.reshape(-1))
    checks.require(inside, f"an axis is outside its {rank} dimensions", op.inputs[1])
    checks.shape(op.output, op.inputs[0].shape)
    copies(op, _turned(op))


OPERATORS = {
    "SLICE": (_check_slice, lambda op, options: copies(op, _cut(op)), "begin and size constant"),
    "REVERSE_V2": (_check_reverse, lambda op, options: copies(op, _turned(op)), "axes constant"),
    "TILE": (_check_tile, lambda op, options: copies(op, _tiled(op)), "multiples constant"),
    "DEPTH_TO_SPACE": (_check_depth, _to_depth, "any block"),
    "SPACE_TO_DEPTH": (_check_depth, _to_depth, "any block"),
    "SPACE_TO_BATCH_ND": (_check_batch, _to_batch, "block and padding constant, one or two sides, at most 64 pixels"),
    "BATCH_TO_SPACE_ND": (_check_batch, _to_batch, "block and crops constant, one or two sides, at most 64 pixels"),
    "MIRROR_PAD": (_check_mirror, lambda op, options: copies(op, _mirrored(op)), "amounts constant"),
    "PACK": (_check_pack, lambda op, options: copies(op, _packed(op)), "at most 16 inputs with the output's scale"),
}


def _register(kind: str, type_: str, key: str) -> None:
    check, offer, limits = OPERATORS[kind]
    family(key, types=type_, limits=limits)(lambda op: check(op, type_))
    kernel(key, "nn_copy")(offer)


for _kind in OPERATORS:
    _register(_kind, "int8", _kind)
    _register(_kind, "int16", _kind + INT16)
