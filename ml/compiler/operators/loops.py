"""Counts how often each kernel's loops turn, from its C or assembler, part by part (names as in cycles.py)."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import prod

import numpy as np

from ml.compiler.graph import Op
from ml.compiler.operators.base import Lowered, Work, loops
from ml.compiler.operators.batch_matmul import operand, sides
from ml.compiler.operators.convolution import Window, window
from ml.compiler.operators.elementwise import broadcast
from ml.compiler.operators.movement import copied_work
from ml.compiler.operators.packed_dense import as_convolution
from ml.compiler.operators.pooling import mean_sides
from ml.compiler.operators.transpose_conv import padding as transpose_padding


def _up(count: int, by: int) -> int:
    return -(-count // by)


@lru_cache(maxsize=4096)
def inside(length: int, count: int, kernel: int, stride: int, dilation: int, pad: int) -> np.ndarray:
    """Taps of a window that lie in the image, along one axis, for each of `count` outputs: int64 [count]."""
    taps = np.arange(count)[:, None] * stride - pad + np.arange(kernel)[None] * dilation
    found = ((taps >= 0) & (taps < length)).sum(axis=1)
    found.setflags(write=False)  # all that ask share it
    return found


def walk_of(op: Op) -> Window:
    kernel = (op.options["kernel_height"], op.options["kernel_width"]) if "kernel_height" in op.options else None
    return window(op, kernel or op.inputs[1].shape[1:3], op.inputs[0], op.output)


def inside_both(op: Op, walk: Window) -> tuple[np.ndarray, np.ndarray]:
    """(rows, columns) of the window in the image, for each output row and each output column."""
    image, output = op.inputs[0], op.output
    rows, columns = (
        inside(image.shape[1 + a], output.shape[1 + a], walk.kernel[a], walk.stride[a], walk.dilation[a], walk.pad[a])
        for a in (0, 1)
    )
    return rows, columns


@loops("nn_conv_2d", "nn_conv_2d_grouped")
def conv_2d(op: Op, lowered: Lowered) -> Work:
    if op.kind == "FULLY_CONNECTED":
        outputs, depth = op.output.elements, op.inputs[1].shape[1]
        return {"call": 1, "outputs": outputs, "rows": outputs, "taps": outputs, "macs": outputs * depth, "padding": 0}
    walk, outputs, depth = walk_of(op), op.output.elements, op.inputs[1].shape[3]
    rows, columns = inside_both(op, walk)
    taps = outputs * prod(walk.kernel)
    within = int(rows.sum() * columns.sum()) * op.output.shape[0] * op.output.shape[3]
    return {
        "call": 1, "outputs": outputs, "rows": outputs * walk.kernel[0], "taps": taps, "macs": within * depth,
        "padding": (taps - within) * depth,
    }  # fmt: skip


@loops("nn_depthwise_conv_2d")
def depthwise(op: Op, lowered: Lowered) -> Work:
    walk, outputs = walk_of(op), op.output.elements
    rows, columns = inside_both(op, walk)
    within = int(rows.sum() * columns.sum()) * op.output.shape[0] * op.output.shape[3]
    taps = outputs * prod(walk.kernel)
    return {"call": 1, "outputs": outputs, "rows": outputs * walk.kernel[0], "taps": within, "padding": taps - within}


@loops("nn_conv_2d_int16", "nn_depthwise_conv_2d_int16")
def conv_int16(op: Op, lowered: Lowered) -> Work:
    walk, outputs = walk_of(op), op.output.elements
    depth = 1 if op.kind == "DEPTHWISE_CONV_2D" else op.inputs[1].shape[3]
    rows, columns = inside_both(op, walk)
    filters = op.output.shape[0] * op.output.shape[3]
    taps = int(rows.sum() * columns.sum()) * filters
    return {
        "call": 1, "outputs": outputs, "rows": int(rows.sum()) * op.output.shape[2] * filters, "taps": taps,
        "macs": taps * depth,
    }  # fmt: skip


@loops("nn_fully_connected", "nn_fully_connected_int16")
def fully_connected(op: Op, lowered: Lowered) -> Work:
    outputs = op.output.elements
    return {"call": 1, "outputs": outputs, "macs": outputs * op.inputs[1].shape[1]}


@loops("nn_fully_connected_packed", "nn_fully_connected_int4_packed", "nn_fully_connected_int16_packed")
def matrix(op: Op, lowered: Lowered) -> Work:
    outputs, inputs = op.inputs[1].shape
    blocks = _up(outputs, 4)
    own = len(op.inputs[1].scales) > 1
    taps = 2 if op.output.dtype == "int16" else 4  # a step of the loop, sixteen of which are unrolled
    calls = (outputs > 3) + (outputs % 4 > 0)  # of the innermost loop, which sums the inputs where weights have 4 bits
    narrow = lowered.bits == 4  # int8 weights with scales of their own are always scaled in the longer way
    return {
        "call": 1, "rest": int(outputs % 4 > 0), "blocks": blocks, "steps": blocks * inputs // taps,
        "turns": blocks * _up(inputs, 16 * taps), "own": blocks * own, "inputs": inputs * calls,
        "symmetric": blocks * ((narrow or not own) and _symmetric(op)), "clamped": outputs * _clamps(op, lowered),
    }  # fmt: skip


def _clamps(op: Op, lowered: Lowered) -> int:
    """1 where the activation's limits are within the type's."""
    activation = op.options.get("activation", "none")
    if op.output.dtype == "int16":
        return int(activation not in ("none", "relu"))
    return int(activation not in ("none", "relu") or (activation == "relu" and op.output.zero > -128))


@loops("nn_batch_matmul")
def matmul(op: Op, lowered: Lowered) -> Work:
    return {"call": 1, "outputs": op.output.elements, "macs": op.output.elements * sides(op)[1]}


@loops("nn_batch_matmul_packed")
def packed_matmul(op: Op, lowered: Lowered) -> Work:
    rows, depth, columns = sides(op)
    batches = op.output.elements // (rows * columns)
    block = int(lowered.struct.rows[-1][0]) if lowered.struct else columns
    pairs, pixels = depth // 4 * 2 + (depth % 4 + 1) // 2, _up(rows, 2)
    counts = [min(block, columns - first) for first in range(0, columns, block)]
    groups = sum(_up(count, 4) for count in counts)
    calls = sum((count >= 4) + (count % 4 > 0) for count in counts)
    plain = operand(op, 0).matrix(op.options["adj_x"])[1][1] == 1
    widened = 2 * pixels * len(counts)  # rows
    work = {
        "call": 1, "batches": batches, "columns": columns, "column fours": columns * (depth // 4),
        "column rests": columns * (depth % 4 > 0),
        "zeros": sum(4 * (pairs + 1) for count in counts if count % 4), "row pairs": pixels * len(counts),
        "calls": pixels * calls, "rests": pixels * sum(count % 4 > 0 for count in counts), "groups": pixels * groups,
        "pairs": pixels * groups * pairs, "turns": pixels * groups * _up(pairs, 16),
        "gathered": 0 if plain else widened, "gathered fours": 0 if plain else widened * (depth // 4),
    }  # fmt: skip
    wide = _widened(1, depth, widened if plain else 0)
    return {part: times if part == "call" else times * batches for part, times in (work | wide).items()}


def _widened(rows: int, size: int, calls: int) -> Work:
    """nn_widen, `calls` times."""
    long = size >= 16
    return {
        "widen": calls, "widen rows": calls * rows, "widen long rows": calls * rows * long,
        "widen 16": calls * rows * (size // 16), "widen 4": calls * rows * (size % 16 // 4),
        "widen long 4": calls * rows * (size % 16 // 4) * long, "widen rest": calls * rows * (size % 4 > 0),
    }  # fmt: skip


CONVOLUTIONS = (
    *("nn_conv_2d_packed", "nn_conv_2d_int4_packed"),
    *("nn_conv_2d_int16_packed", "nn_conv_2d_int16_wide_packed"),
)


@loops(*CONVOLUTIONS)
def conv_packed(op: Op, lowered: Lowered) -> Work:
    return _conv_packed(op, lowered, apart=False)


def _conv_packed(op: Op, lowered: Lowered, *, apart: bool) -> Work:
    """`apart`: from one output pixel to the next lie more channels than the kernel makes."""
    op = as_convolution(op) if op.kind == "FULLY_CONNECTED" else op
    walk, wide = walk_of(op), op.output.dtype == "int16"
    filters, depth = op.output.shape[3], op.inputs[0].shape[3]
    pixels = op.output.shape[1] * op.output.shape[2]
    pairs = walk.kernel[0] * _pairs(walk.kernel[1] * depth, wide)
    same = op.output.shape[1:3] == op.inputs[0].shape[1:3] and walk.pad == (0, 0)
    beside = (
        same and walk.kernel == walk.stride == (1, 1) and depth % 4 == 0 and filters % 4 == 0 and not wide and not apart
    )
    if beside:
        gathering = {"adjacent": 1, "adjacent pairs": pixels // 2, "adjacent fours": pixels // 2 * (depth // 4)}
        gathering |= _widened(1, depth, pixels % 2)
    else:
        gathering = _gathering(op, walk, wide, two=lowered.bits != 4)
    dots, blocks = _up(pixels, 2), _up(pixels, 2) * _up(filters, 4)
    turn = 16 if wide else 32
    clamps = _clamps(op, lowered)
    return {
        "call": 1, "dots": dots * (not beside), "rests": dots * (filters % 4 > 0),
        "rest bytes": dots * 2 * (filters % 4), "blocks": blocks, "symmetric": blocks * _symmetric(op),
        "pairs": blocks * (pairs - 1), "turns": blocks * _up(pairs - 1, turn), "odd": pixels % 2 * pairs,
        "clamped": clamps * 2 * dots * filters, "clamped pixels": clamps * 2 * dots, **gathering,
    }  # fmt: skip


def _symmetric(op: Op) -> bool:
    """Results below the zero point are not cut off."""
    if op.output.dtype == "int16":
        return op.options.get("activation", "none") not in ("relu", "relu6")
    return op.output.zero > -128


def _pairs(size: int, wide: bool = False) -> int:
    return _up(size, 2) if wide else size // 4 * 2 + (size % 4 + 1) // 2


SMALL_WINDOW = 64  # bytes, as in packed_conv.c


def _added(*works: Work) -> Work:
    """The sum of works whose parts may differ."""
    return {part: sum(work.get(part, 0) for work in works) for work in works for part in work}


def _gathering(op: Op, walk: Window, wide: bool, *, two: bool) -> Work:
    """What packed_conv.c does before it multiplies: windows in the image are widened at once, others put together."""
    image, output, item = op.inputs[0], op.output, 2 if wide else 1
    depth = image.shape[3] * item
    size = walk.kernel[1] * depth
    rows, columns = inside_both(op, walk)
    gaps = walk.dilation[1] > 1 and walk.kernel[1] > 1
    whole_columns, whole_rows = (columns == walk.kernel[1]) & (not gaps), rows == walk.kernel[0]
    fast = int(whole_rows.sum()) * int(whole_columns.sum())
    slow = output.shape[1] * output.shape[2] - fast
    pairs = _neighbours(whole_rows, whole_columns)
    together = two and not wide and image.shape[3] % 16 == 0 and walk.stride[1] == 1
    work: Work = {
        "pixels": output.shape[1] * output.shape[2] - 2 * pairs, "image rows": output.shape[1], "pixel pairs": pairs,
        "two": pairs * together, "two rows": pairs * together * walk.kernel[0],
        "two apart": pairs * together * walk.kernel[0] * depth // 8,
        "two shared": pairs * together * walk.kernel[0] * (size - depth) // 16,
    }  # fmt: skip
    by_itself = _widened(walk.kernel[0], size, fast - 2 * pairs * together)
    if image.shape[3] % 4 == 0 and walk.dilation[1] == 1:
        edges = _edges(walk, depth, (rows, whole_rows), columns, wide)
    elif walk.dilation[1] == 1 and walk.kernel[0] * size <= SMALL_WINDOW:
        edges = _small(walk, depth, rows, columns, (whole_rows, whole_columns))
    else:
        edges = _rows_apart(walk, depth, (rows, whole_rows), (columns, whole_columns), wide)
    return _added(work, by_itself, {"slow": slow, "slow rows": slow * walk.kernel[0]}, edges)


def _neighbours(whole_rows: np.ndarray, whole_columns: np.ndarray) -> int:
    """Pairs of windows that lie in the image and beside each other, the first of an even number."""
    width, inner = len(whole_columns), int(whole_columns.sum())
    if inner == 0:
        return 0
    odd = (np.flatnonzero(whole_rows) * width + int(np.argmax(whole_columns))) % 2
    return int(((inner - odd) // 2).sum())


def _edges(walk: Window, depth: int, tall: tuple, columns: np.ndarray, wide: bool) -> Work:
    """Windows at the edge, row by row, each column with words of its own."""
    rows, whole_rows = tall
    kernel = walk.kernel[0] * walk.kernel[1]
    counts, windows = np.unique(columns, return_counts=True)
    work, outside = {}, 0
    for count, times in zip(counts.tolist(), windows.tolist(), strict=True):
        taken = rows[~whole_rows] if count == walk.kernel[1] else rows
        calls = int(taken.sum()) * times if count else 0
        outside += (len(taken) * kernel * times - calls * count) * depth
        work = _added(work, _widened(1, count * depth, calls))
    return _added(work, {"filled": outside // (8 if wide else 4)})


def _small(walk: Window, depth: int, rows: np.ndarray, columns: np.ndarray, whole: tuple) -> Work:
    """Windows at the edge, put together as bytes first."""
    size = walk.kernel[1] * depth
    slow = len(rows) * len(columns) - int(whole[0].sum()) * int(whole[1].sum())
    work, copied, words, bytes_ = {}, 0, 0, 0
    for count in columns.tolist():
        taken = int((rows[~whole[0]] if count == walk.kernel[1] else rows).sum())
        copied, words, bytes_ = (
            copied + taken,
            words + taken * (count * depth // 4),
            bytes_ + taken * (count * depth % 4),
        )
    work = {"small": slow, "small words": slow * _up(walk.kernel[0] * size, 4), "small rows": copied}
    return work | {"copied words": words, "copied bytes": bytes_} | _widened(walk.kernel[0], size, slow)


def _rows_apart(walk: Window, depth: int, tall: tuple, broad: tuple, wide: bool) -> Work:
    """Windows at the edge or with gaps, a row at a time; rows of whole columns are widened from the image."""
    (rows, whole_rows), (columns, whole_columns) = tall, broad
    size, gaps = walk.kernel[1] * depth, walk.dilation[1] > 1 and walk.kernel[1] > 1
    straight = int(rows[~whole_rows].sum()) * int(whole_columns.sum())
    mended_columns = int((~whole_columns).sum())
    mended = int(rows.sum()) * mended_columns
    # Rows of zero points: in every slow window.
    outside = int((walk.kernel[0] - rows).sum()) * len(columns)
    runs = columns[~whole_columns]  # of pixels copied for a row
    work = {
        "mended": mended, "pieces": int(rows.sum()) * (int(runs.sum()) if gaps else mended_columns),
        "copied words": int(rows.sum()) * int(runs.sum()) * depth // 4,
        "padding words": outside * _pairs(size // (2 if wide else 1), wide),
        "set bytes": mended_columns * len(rows) * size,
    }  # fmt: skip
    return work | _widened(1, size, straight + mended)


@loops("nn_depthwise_3x3_packed")
def depthwise_3x3(op: Op, lowered: Lowered) -> Work:
    walk, channels = walk_of(op), op.output.shape[3]
    turned = op.output.shape[1] > op.output.shape[2]
    pick = (lambda a, b: (b, a)) if turned else (lambda a, b: (a, b))
    in_rows, in_columns = pick(*op.inputs[0].shape[1:3])
    out_rows, out_columns = pick(*op.output.shape[1:3])
    pad_row, pad_column = pick(*walk.pad)
    stride = walk.stride[0]
    pairs = _up(out_columns, 2) * stride + 1
    most = (8 - 3) // stride + 1
    strips = _up(out_rows, most)
    turns, rest = divmod(out_columns, 4)
    taken = (out_rows - 1) * stride + 3 if stride == 1 else 2 * out_rows + 1  # rows of the plane, each taken apart once
    made = sum(0 <= row - pad_row < in_rows for row in range(taken))
    left = in_columns - pad_column
    whole = min(left // 2, pairs - pad_column)
    edges = pad_column + int(left % 2 > 0 and pad_column + whole < pairs)
    fours = channels // 4
    return {
        "call": 1, "fours": fours, "strips": fours * strips, "channels": channels * strips,
        f"rows {stride}": channels * out_rows, f"turns {stride}": channels * out_rows * turns,
        f"half turns {stride}": channels * out_rows * (rest in (1, 2)),
        f"last turns {stride}": channels * out_rows * (rest == 3),
        "second": channels * out_rows * (rest == 2), "taken": fours * taken, "split": fours * made * whole,
        "edges": fours * made * edges,
        "outside": fours * (made * max(pairs - whole - edges, 0) + (taken - made) * pairs),
        "kept": fours * (strips - 1) * pairs, "kept words": fours * (strips - 1) * pairs * (3 - stride) * 4,
        "clamped": op.output.elements * _clamps(op, lowered),
    }  # fmt: skip


@loops("nn_depthwise_line_packed")
def depthwise_line(op: Op, lowered: Lowered) -> Work:
    walk, channels = walk_of(op), op.output.shape[3]
    along = 0 if walk.kernel[0] > 1 else 1
    taps, pad = walk.kernel[along], walk.pad[along]
    length, count, lines = op.inputs[0].shape[1 + along], op.output.shape[1 + along], op.output.shape[2 - along]
    steps, turns = taps // 2 + 1, _up(count, 4)
    pairs = 2 * turns + taps // 2
    split = min((length - pad % 2) // 2, pairs - _up(pad, 2))
    edges = pad % 2 + int((length - pad % 2) % 2 > 0 and _up(pad, 2) + split < pairs)
    filters, fours = channels * lines, channels // 4 * lines
    return {
        "call": 1, "fours": channels // 4, "table": channels * steps, "lines": fours, "split": fours * split,
        "edges": fours * edges, "outside": fours * (pairs - split - edges), "channels": filters,
        "turns": filters * turns, "steps": filters * turns * steps, "ends": filters * (count % 4 > 0),
        "symmetric": filters * turns * _symmetric(op), "clamped": op.output.elements * _clamps(op, lowered),
    }  # fmt: skip


@loops("nn_depthwise_multiplied_3x3_packed")
def multiplied_3x3(op: Op, lowered: Lowered) -> Work:
    """The kernel for one output an input, on the inputs of four outputs at a time."""
    image, output = op.inputs[0], op.output
    fours = output.shape[3] // 4
    four = replace(op, inputs=[replace(image, shape=(*image.shape[:3], 4)), *op.inputs[1:]])
    four.outputs = [replace(output, shape=(*output.shape[:3], 4))]
    spread = "spread pairs" if output.shape[3] // image.shape[3] % 2 == 0 else "spread"
    inner = {part: times * fours for part, times in depthwise_3x3(four, lowered).items()}
    return {"layer": 1, spread: fours * image.shape[1] * image.shape[2], **inner}


@loops("nn_depthwise_multiplied_packed")
def multiplied(op: Op, lowered: Lowered) -> Work:
    """A convolution without padding for each group of input channels, on what its windows read."""
    image, output, walk = op.inputs[0], op.output, walk_of(op)
    assert lowered.struct is not None
    words = int(lowered.struct.rows[-1][0].split(", ")[-1])  # of a group
    groups = int(lowered.arrays[0].data.size) // words
    group = image.shape[3] // groups
    read = [(output.shape[1 + i] - 1) * walk.stride[i] + (walk.kernel[i] - 1) * walk.dilation[i] + 1 for i in (0, 1)]
    filters = replace(op.inputs[1], shape=(output.shape[3] // groups, *walk.kernel, group))
    one = replace(op, kind="CONV_2D", inputs=[replace(image, shape=(1, *read, group)), filters, *op.inputs[2:]])
    one.outputs = [replace(output, shape=(*output.shape[:3], output.shape[3] // groups))]
    one.options = {**op.options, "pads": (0, 0, 0, 0), "padding": 1}  # VALID
    inner = {part: times * groups for part, times in _conv_packed(one, lowered, apart=groups > 1).items()}
    rows, columns = (min(image.shape[1 + i], read[i] - walk.pad[i]) for i in (0, 1))
    collected = groups * rows * columns
    return {
        "layer": 1, "set words": groups * read[0] * read[1] * group // 4, "collected rows": groups * rows,
        "collected pixels": collected, "collected": collected * group, **inner,
    }  # fmt: skip


@loops("nn_depthwise_packed", "nn_depthwise_int16_packed")
def depthwise_taps(op: Op, lowered: Lowered) -> Work:
    walk, output = walk_of(op), op.output
    rows, columns = inside_both(op, walk)
    whole = int((rows == walk.kernel[0]).sum()) * int((columns == walk.kernel[1]).sum())
    groups, pixels = output.shape[3] // 4, output.shape[1] * output.shape[2]
    turned = walk.kernel[0] > walk.kernel[1]
    along, across = walk.kernel if turned else walk.kernel[::-1]
    clamps = _clamps(op, lowered)
    edge, taps = pixels - whole, along * across
    pieces_along = (rows if turned else columns) < along
    share = float(pieces_along.mean()) if len(pieces_along) else 0.0
    return {
        "call": 1, "image rows": output.shape[1], "pixels": whole, "groups": whole * groups,
        "rows": whole * groups * across, "taps": whole * groups * taps,
        "turns": whole * groups * across * _up(along, 8), "edge pixels": edge, "edge met": edge * along,
        "edge groups": edge * groups, "edge rows": edge * groups * across,
        "edge pieces": edge * groups * across * share, "edge taps": edge * groups * taps,
        "clamped": clamps * whole * output.shape[3],
    }  # fmt: skip


BROADCASTING = (
    *("nn_add", "nn_add_packed", "nn_add_int16", "nn_mul", "nn_mul_packed", "nn_mul_int16"),
    *("nn_squared_difference", "nn_squared_difference_packed", "nn_maximum", "nn_minimum", "nn_prelu", "nn_div"),
)


@loops(*BROADCASTING)
def broadcasting(op: Op, lowered: Lowered) -> Work:
    side = broadcast(op)[0]
    return {
        "call": 1, "outer": prod(side[:3]), "rows": prod(side[:4]), "elements": prod(side),
        "clamped": prod(side) * _clamps(op, lowered),
    }  # fmt: skip


@loops(
    *("nn_add_equal", "nn_add_equal_int16", "nn_quantise_int8_to_int16", "nn_quantise_int16_to_int8"),
    *("nn_cast", "nn_quantise_int16", "nn_rectify_int16", "nn_logistic_int16", "nn_tanh_curve_int16"),
)
def elements(op: Op, lowered: Lowered) -> Work:
    return {"call": 1, "elements": op.output.elements}


@loops("nn_flip_sign")
def flip_sign(op: Op, lowered: Lowered) -> Work:
    return {"call": 1, "blocks": op.output.elements // 16, "rest": op.output.elements % 16}


@loops("nn_lookup")
def lookup(op: Op, lowered: Lowered) -> Work:
    return {"call": 1, "fours": op.output.elements // 4, "rest": op.output.elements % 4}


@loops("nn_max_pool", "nn_average_pool", "nn_max_pool_int16", "nn_average_pool_int16")
def pool(op: Op, lowered: Lowered) -> Work:
    rows, columns = inside_both(op, walk_of(op))
    channels = op.output.shape[0] * op.output.shape[3]
    return {
        "call": 1, "outputs": op.output.elements, "rows": int(rows.sum()) * op.output.shape[2] * channels,
        "cells": int(rows.sum()) * int(columns.sum()) * channels,
    }  # fmt: skip


@loops("nn_max_pool_int16_packed", "nn_average_pool_int16_packed")
def pool_packed(op: Op, lowered: Lowered) -> Work:
    rows, columns = inside_both(op, walk_of(op))
    batches, height, width, channels = op.output.shape
    fours, ones = batches * (channels // 4), batches * (channels % 4)
    pixels, cells = height * width, int(rows.sum()) * int(columns.sum())
    return {
        "call": 1, "pixels": batches * pixels, "fours": fours * pixels, "ones": ones * pixels,
        "four rows": fours * int(rows.sum()) * width, "four cells": fours * cells, "one cells": ones * cells,
    }  # fmt: skip


@loops("nn_average_pool_all")
def pool_all(op: Op, lowered: Lowered) -> Work:
    batches, height, width, channels = op.inputs[0].shape
    fours, ones = batches * (channels // 4), batches * (channels % 4)
    cells = height * width
    return {"call": 1, "fours": fours, "ones": ones, "four cells": fours * cells, "one cells": ones * cells}


@loops("nn_mean", "nn_mean_int16", "nn_reduce_max")
def mean(op: Op, lowered: Lowered) -> Work:
    kept, reduced = mean_sides(op)
    outputs = prod(kept)
    return {
        "call": 1, "outer": kept[0] * kept[1], "outputs": outputs, "rows": outputs * reduced[0],
        "cells": outputs * prod(reduced),
    }  # fmt: skip


@loops("nn_resize_nearest")
def resize(op: Op, lowered: Lowered) -> Work:
    batches, height, width, depth = op.output.shape
    pixels = batches * height * width
    return {"call": 1, "rows": batches * height, "pixels": pixels, **copied_work(pixels, depth, depth % 4 == 0)}


@loops("nn_resize_bilinear")
def bilinear(op: Op, lowered: Lowered) -> Work:
    batches, height, width, _ = op.output.shape
    pixels = batches * height * width
    return {"call": 1, "rows": batches * height, "pixels": pixels, "elements": op.output.elements}


@loops("nn_transpose_conv")
def transpose_conv(op: Op, lowered: Lowered) -> Work:
    image, window, output, options = op.inputs[2].shape, op.inputs[1].shape, op.output.shape, op.options
    strides = (options["stride_height"], options["stride_width"])
    made = [reaching(image[1 + a], output[1 + a], window[1 + a], strides[a], transpose_padding(op)[a]) for a in (0, 1)]
    outputs, filters = op.output.elements, output[0] * output[3]
    taps = made[0] * made[1] * filters
    return {
        "call": 1, "outputs": outputs, "rows": made[0] * output[2] * filters, "taps": taps,
        "fours": taps * (image[3] // 4), "rest": taps * (image[3] % 4),
    }  # fmt: skip


def reaching(inputs: int, outputs: int, kernel: int, stride: int, pad: int) -> int:
    """Pairs of an input and an output of a transposed convolution, along one axis."""
    at = np.arange(inputs)[:, None] * stride + np.arange(kernel)[None] - pad
    return int(((at >= 0) & (at < outputs)).sum())


@loops("nn_gather")
def gather(op: Op, lowered: Lowered) -> Work:
    axis = op.options["axis"] % len(op.inputs[0].shape)
    run = prod(op.inputs[0].shape[axis + 1 :])
    rows = op.output.elements // run
    return {"call": 1, "outer": prod(op.inputs[0].shape[:axis]), "rows": rows, **copied_work(rows, run, run % 4 == 0)}


@loops("nn_arg_max", "nn_arg_min")
def arg_max(op: Op, lowered: Lowered) -> Work:
    return {"call": 1, "outputs": op.output.elements, "elements": op.inputs[0].elements}


@loops("nn_log_softmax", "nn_softmax", "nn_softmax_int16")
def softmax(op: Op, lowered: Lowered) -> Work:
    return {"call": 1, "rows": op.output.elements // op.output.shape[-1], "elements": op.output.elements}


@loops("nn_svdf", "nn_svdf_int8")
def svdf(op: Op, lowered: Lowered) -> Work:
    filters, memory = op.inputs[2].shape
    batches = op.inputs[0].shape[0]
    return {
        "call": 1, "units": op.output.elements, "filters": batches * filters,
        "features": batches * filters * op.inputs[1].shape[1], "memory": batches * filters * memory,
    }  # fmt: skip


@loops("nn_lstm")
def lstm(op: Op, lowered: Lowered) -> Work:
    units, inputs = op.inputs[1].shape
    steps = op.output.elements // units
    return {"call": 1, "steps": steps, "units": steps * units, "macs": 4 * steps * units * (inputs + units)}
