"""Weights in the order in which the kernels of lib/nn/src/dsp read them; packed.h describes the layout.

Every function answers None where the trick of two channels in a word would not be exact, or where a scale is outside
what the kernels' last step takes; the reference kernel runs the layer then.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ml.compiler import fixed_point

CHANNELS = 4  # in a block
LARGEST_SHIFT = 16  # rounding constants stay within 32 bits
LARGEST_SUM = 1 << 23  # 256 * sum stays within 32 bits


@cache
def pair_order(row: int) -> list[tuple[int, int | None]]:
    """Which taps of a row of the window stand together in a word; None is a tap of weight 0."""
    order = []
    for first in range(0, row - 3, 4):
        order += [(first, first + 2), (first + 1, first + 3)]
    rest, at = row % 4, row - row % 4
    return order + {0: [], 1: [(at, None)], 2: [(at, at + 1)], 3: [(at, at + 2), (at + 1, None)]}[rest]


def pack(
    weights: np.ndarray, bias: np.ndarray, mantissas: np.ndarray, shifts: np.ndarray, *, one_sided: bool, scales=True
) -> np.ndarray | None:
    """int32 words for `weights` [channels, rows of the window, taps in a row]; bias has the input's zero folded in.

    Without `scales` the words leave out multipliers and shifts.
    """
    right = np.where(mantissas == 0, 1, -shifts.astype(np.int64))
    if not _exact(weights.reshape(len(bias), -1), bias) or right.min() < 1 or right.max() > LARGEST_SHIFT:
        return None
    blocks = -(-len(bias) // CHANNELS)
    fill = (0, blocks * CHANNELS - len(bias))
    paired = _pairs(weights)
    taps = np.pad(paired, (fill, (0, 0), (0, 0))).reshape(blocks, CHANNELS, *paired.shape[1:])
    sums = _two_channels(np.pad(bias.astype(np.int64), fill).reshape(blocks, CHANNELS))
    words = [sums, _weight_words(taps).reshape(blocks, -1)]
    if scales:
        ones = np.pad(right, fill, constant_values=1)
        words.append(_scales(np.pad(mantissas.astype(np.int64), fill), ones, 7 if one_sided else 0).reshape(blocks, -1))
    return np.concatenate(words, axis=1).astype(np.uint32).view(np.int32).ravel()


def settle(weights: np.ndarray, bias: np.ndarray, mantissas: np.ndarray, shifts: np.ndarray, low: int, high: int):
    """The same four arrays with every channel that comes out the same for all inputs written plainly: no weights, and
    a bias and a scale of ordinary size. Dead filters often have sums and shifts that no fast kernel takes.

    `weights` [channels, taps]; `low` and `high` are the activation's limits less the output's zero point.
    """
    wide = weights.astype(np.int64)
    reach = [
        bias + np.minimum(-128 * wide, 127 * wide).sum(axis=1),
        bias + np.maximum(-128 * wide, 127 * wide).sum(axis=1),
    ]
    first, last = (np.clip(fixed_point.requantise_each(end, mantissas, shifts), low, high) for end in reach)
    wraps = fixed_point.wrap_each(np.max(np.abs(reach), axis=0), shifts) & (mantissas != 0)  # nothing times 0 does
    same = (first == last) & ~wraps
    if not same.any():
        return weights, bias, mantissas, shifts
    weights, bias, mantissas, shifts = weights.copy(), bias.astype(np.int64), mantissas.copy(), shifts.copy()
    weights[same], bias[same], mantissas[same], shifts[same] = 0, 4 * first[same], 1 << 30, -1
    return weights, bias, mantissas, shifts


def _exact(weights: np.ndarray, bias: np.ndarray) -> bool:
    """The sums of all channels fit, whatever the input, and no two weights of a word leave 16 bits."""
    largest = 128 * np.abs(weights.astype(np.int64)).sum(axis=1) + np.abs(bias.astype(np.int64))
    return bool(largest.max() < LARGEST_SUM and weights.min() > -128)


def _pairs(weights: np.ndarray) -> np.ndarray:
    """int64 [channels, pairs, 2] of [channels, rows, taps]."""
    channels, rows, taps = weights.shape
    padded = np.concatenate([weights, np.zeros((channels, rows, 1), weights.dtype)], axis=2).astype(np.int64)
    order = [[taps if tap is None else tap for tap in pair] for pair in pair_order(taps)]
    return padded[:, :, np.array(order)].reshape(channels, -1, 2)


def _two_channels(values: np.ndarray) -> np.ndarray:
    """[blocks, 4] -> [blocks, 4]: 256 * v1 + v0, v0, 256 * v3 + v2, v2, modulo 2^32."""
    even, odd = values[:, 0::2], values[:, 1::2]
    return np.stack([256 * odd + even, even], axis=2).reshape(len(values), -1) & 0xFFFFFFFF


def _weight_words(taps: np.ndarray) -> np.ndarray:
    """[blocks, 4, pairs, 2] -> [blocks, pairs, 2]: a word for channels (1, 0), one for (3, 2)."""
    halves = (256 * taps[:, 1::2] + taps[:, 0::2]) & 0xFFFF
    return (halves[..., 0] | halves[..., 1] << 16).transpose(0, 2, 1)


def _scales(mantissas: np.ndarray, right: np.ndarray, odd_extra: int) -> np.ndarray:
    """[channels] each -> [channels / 2, 3]: two multipliers, then both shifts less one in the low bytes."""
    shifts = (right[0::2] - 1) | (right[1::2] - 1 + odd_extra) << 8
    return np.stack([mantissas[0::2], mantissas[1::2], shifts], axis=1)


def depthwise_3x3(shape: dict, turned: bool) -> dict:
    """The numbers of an nn_packed_depthwise, in its order; `turned` exchanges rows and columns."""
    channels = shape["out_c"]
    in_steps = (shape["in_w"] * channels, channels)
    out_steps = (shape["out_w"] * channels, channels)
    pick = (lambda row, column: (column, row)) if turned else (lambda row, column: (row, column))
    in_rows, in_columns = pick(shape["in_h"], shape["in_w"])
    out_rows, out_columns = pick(shape["out_h"], shape["out_w"])
    pad_row, pad_column = pick(shape["pad_top"], shape["pad_left"])
    in_row_step, in_column_step = pick(*in_steps)
    out_row_step, out_column_step = pick(*out_steps)
    stride = shape["stride_h"]
    pairs = -(-out_columns // 2) * stride + 1  # what the last two outputs of a row read is there
    return dict(
        in_rows=in_rows, in_columns=in_columns, out_rows=out_rows, out_columns=out_columns, channels=channels,
        stride=stride, pad_row=pad_row, pad_column=pad_column, pairs=pairs,
        input_zero=shape["input_zero"], output_zero=shape["output_zero"], min=shape["min"], max=shape["max"],
        in_row_step=in_row_step, in_column_step=in_column_step,
        out_row_step=out_row_step, out_column_step=out_column_step,
    )  # fmt: skip


PLANE_ROWS = 8  # of the image in a strip, see planes.h


def depthwise_in_place(numbers: dict) -> bool:
    """Whether the output may lie exactly where the input lies: no strip writes a pixel that a later strip takes apart.
    `numbers` is an nn_packed_depthwise.

    A strip writes whole rows of the output, and a row is a column of pixels where rows and columns are exchanged. So it
    depends on both images' sides, not on their sizes alone.
    """
    most = (PLANE_ROWS - 3) // numbers["stride"] + 1  # output rows in a strip
    rows = np.arange(numbers["in_rows"]) + numbers["pad_row"]
    taken = np.maximum(-(-(rows - 2) // numbers["stride"]), 0) // most  # the first strip whose last window reaches it
    made = np.arange(numbers["out_rows"]) // most
    channels = numbers["channels"]
    steps = {name: numbers[name] // channels for name in numbers if name.endswith("_step")}
    read = _by_pixel(taken, numbers["in_columns"], steps["in_row_step"], steps["in_column_step"])
    written = _by_pixel(made, numbers["out_columns"], steps["out_row_step"], steps["out_column_step"])
    common = min(len(read), len(written))
    return bool(np.all(read[:common] <= written[:common]))


def _by_pixel(strips: np.ndarray, columns: int, row_step: int, column_step: int) -> np.ndarray:
    """The strip of each pixel in memory, from that of each row; steps in pixels."""
    pixels = np.arange(len(strips))[:, None] * row_step + np.arange(columns) * column_step
    found = np.empty(pixels.size, np.int64)
    found[pixels.ravel()] = np.repeat(strips, columns)
    return found


def depthwise_scratch(pairs: int) -> int:
    """Bytes: eight rows of four channels, and a pair that is loaded but not used."""
    return 128 * (pairs + 1)


def pack_depthwise_3x3(
    weights: np.ndarray, bias: np.ndarray, mantissas: np.ndarray, shifts: np.ndarray, *, turned: bool = False
) -> np.ndarray | None:
    """int32 words for `weights` [3, 3, channels]: five a channel; the output's zero point must be -128."""
    right = np.where(mantissas == 0, 1, -shifts.astype(np.int64))
    flat = weights.reshape(9, -1).T
    if not _exact(flat, bias) or right.min() < 1 or right.max() > LARGEST_SHIFT:
        return None
    rows = flat.reshape(-1, 3, 3).astype(np.int64) & 0xFF
    rows = rows.transpose(0, 2, 1) if turned else rows
    words = rows[:, :, 0] | rows[:, :, 1] << 8 | rows[:, :, 2] << 16
    words[:, 0] |= (right - 1) << 24
    columns = [words, 2 * bias.astype(np.int64)[:, None], mantissas.astype(np.int64)[:, None]]
    return (np.concatenate(columns, axis=1) & 0xFFFFFFFF).astype(np.uint32).view(np.int32).ravel()


def taps(shape: dict) -> dict:
    """The numbers of an nn_packed_taps, in its order."""
    turned = shape["kernel_h"] > shape["kernel_w"]
    channels = shape["in_c"]
    axes = {"h": shape["in_w"] * channels, "w": channels}
    along, across = ("h", "w") if turned else ("w", "h")
    return dict(
        out_height=shape["out_h"], out_width=shape["out_w"], channels=channels,
        stride_height=shape["stride_h"], stride_width=shape["stride_w"],
        pad_top=shape["pad_top"], pad_left=shape["pad_left"], turned=int(turned),
        in_along=shape[f"in_{along}"], in_across=shape[f"in_{across}"],
        along_taps=shape[f"kernel_{along}"], across_taps=shape[f"kernel_{across}"],
        along_dilation=shape[f"dilation_{along}"], across_dilation=shape[f"dilation_{across}"],
        input_zero=shape["input_zero"], output_zero=shape["output_zero"], min=shape["min"], max=shape["max"],
        in_along_step=axes[along], in_across_step=axes[across],
    )  # fmt: skip


def pack_taps(weights: np.ndarray, bias: np.ndarray, mantissas: np.ndarray, shifts: np.ndarray) -> np.ndarray | None:
    """int32 words for `weights` [kernel height, kernel width, channels], channels a multiple of four."""
    right = np.where(mantissas == 0, 1, -shifts.astype(np.int64))
    reach = 128 * np.abs(weights.astype(np.int64)).sum(axis=(0, 1)) + np.abs(bias.astype(np.int64))
    if right.min() < 1 or right.max() > 2 + LARGEST_SHIFT or reach.max() >= 1 << 30:  # sums are doubled
        return None
    turned = weights.shape[0] > weights.shape[1]
    ordered = weights.transpose(1, 0, 2) if turned else weights
    by_block = np.ascontiguousarray(ordered.reshape(-1, weights.shape[2] // CHANNELS, CHANNELS).transpose(1, 0, 2))
    blocks = len(by_block)
    less_one = np.ascontiguousarray((right - 1).astype(np.int8).reshape(blocks, CHANNELS))
    columns = [
        bias.astype(np.int32).reshape(blocks, CHANNELS),
        by_block.view("<i4").reshape(blocks, -1),
        mantissas.astype(np.int32).reshape(blocks, CHANNELS),
        less_one.view("<i4"),
    ]
    return np.concatenate(columns, axis=1).ravel()


LINE_TAPS = 15  # NN_LINE_TAPS of packed.h


def line(shape: dict) -> dict | None:
    """The numbers of an nn_packed_line, in its order; None where the window does not run along lines."""
    upright = shape["kernel_h"] > 1
    along, across = ("h", "w") if upright else ("w", "h")
    taps = shape[f"kernel_{along}"]
    pads = {"h": shape["pad_top"], "w": shape["pad_left"]}
    plain = shape[f"kernel_{across}"] == shape[f"stride_{along}"] == shape[f"dilation_{along}"] == 1
    if not plain or not 2 <= taps <= LINE_TAPS or pads[across] or pads[along] >= taps:
        return None
    channels = shape["in_c"]
    steps = [{"h": shape[f"{side}_w"] * channels, "w": channels} for side in ("in", "out")]
    return dict(
        lines=shape[f"out_{across}"], in_length=shape[f"in_{along}"], out_length=shape[f"out_{along}"],
        channels=channels, taps=taps, pad=pads[along],
        input_zero=shape["input_zero"], output_zero=shape["output_zero"], min=shape["min"], max=shape["max"],
        in_step=steps[0][along], out_step=steps[1][along],
        in_line=steps[0][across] * shape[f"stride_{across}"], out_line=steps[1][across],
    )  # fmt: skip


def line_in_place(numbers: dict) -> bool:
    """Whether the output may lie exactly where the input lies: a line's outputs replace inputs of that line, or of
    lines before it. `numbers` is an nn_packed_line."""
    steps_along = numbers["in_step"] < numbers["in_line"]  # a line is a row
    same = numbers["in_step"] == numbers["out_step"] and numbers["in_line"] == numbers["out_line"]
    return numbers["out_length"] <= numbers["in_length"] and (same or steps_along)


def line_scratch(numbers: dict) -> int:
    """Bytes: the inputs of four channels apart, and their weights."""
    half = numbers["taps"] // 2
    return 16 * (-(-numbers["out_length"] // 4) * 2 + half) + 32 * (half + 1)


def pack_line(weights: np.ndarray, bias: np.ndarray, mantissas: np.ndarray, shifts: np.ndarray) -> np.ndarray | None:
    """int32 words for `weights` [channels, taps]: bias twice, multiplier, shift less one, a byte a tap."""
    right = np.where(mantissas == 0, 1, -shifts.astype(np.int64))
    reach = 128 * np.abs(weights.astype(np.int64)).sum(axis=1) + np.abs(bias.astype(np.int64))
    if right.min() < 1 or right.max() > 2 + LARGEST_SHIFT or reach.max() >= 1 << 30:  # sums are doubled
        return None
    taps = weights.shape[1]
    padded = np.pad(weights.astype(np.int8), ((0, 0), (0, 4 * ((taps + 5) // 4) - taps)))
    scales = np.stack([2 * bias.astype(np.int64), mantissas.astype(np.int64), right - 1], axis=1)
    return np.concatenate([scales.astype(np.int32), np.ascontiguousarray(padded).view("<i4")], axis=1).ravel()
