"""Weights in the order in which the kernels of lib/nn/src/dsp read them; packed.h describes the layout.

Every function answers None where the trick of two channels in a word would not be exact, or where a scale is outside
what the kernels' last step takes; the reference kernel runs the layer then.
"""

from __future__ import annotations

import numpy as np

CHANNELS = 4  # in a block
LARGEST_SHIFT = 16  # rounding constants stay within 32 bits
LARGEST_SUM = 1 << 23  # 256 * sum stays within 32 bits


def pair_order(row: int) -> list[tuple[int, int | None]]:
    """Which taps of a row of the window stand together in a word; None is a tap of weight 0."""
    order = []
    for first in range(0, row - 3, 4):
        order += [(first, first + 2), (first + 1, first + 3)]
    rest, at = row % 4, row - row % 4
    return order + {0: [], 1: [(at, None)], 2: [(at, at + 1)], 3: [(at, at + 2), (at + 1, None)]}[rest]


def pack(
    weights: np.ndarray, bias: np.ndarray, mantissas: np.ndarray, shifts: np.ndarray, *, one_sided: bool
) -> np.ndarray | None:
    """int32 words for `weights` [channels, rows of the window, taps in a row]; bias has the input's zero folded in."""
    right = np.where(mantissas == 0, 1, -shifts.astype(np.int64))
    if not _exact(weights.reshape(len(bias), -1), bias) or right.min() < 1 or right.max() > LARGEST_SHIFT:
        return None
    blocks = -(-len(bias) // CHANNELS)
    fill = (0, blocks * CHANNELS - len(bias))
    paired = _pairs(weights)
    taps = np.pad(paired, (fill, (0, 0), (0, 0))).reshape(blocks, CHANNELS, *paired.shape[1:])
    sums = _two_channels(np.pad(bias.astype(np.int64), fill).reshape(blocks, CHANNELS))
    scales = _scales(
        np.pad(mantissas.astype(np.int64), fill), np.pad(right, fill, constant_values=1), 7 if one_sided else 0
    )
    words = [sums, _weight_words(taps).reshape(blocks, -1), scales.reshape(blocks, -1)]
    return np.concatenate(words, axis=1).astype(np.uint32).view(np.int32).ravel()


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


def pack_depthwise_3x3(
    weights: np.ndarray, bias: np.ndarray, mantissas: np.ndarray, shifts: np.ndarray
) -> np.ndarray | None:
    """int32 words for `weights` [3, 3, channels]: five a channel; the output's zero point must be -128."""
    right = np.where(mantissas == 0, 1, -shifts.astype(np.int64))
    flat = weights.reshape(9, -1).T
    if not _exact(flat, bias) or right.min() < 1 or right.max() > LARGEST_SHIFT:
        return None
    rows = flat.reshape(-1, 3, 3).astype(np.int64) & 0xFF
    words = rows[:, :, 0] | rows[:, :, 1] << 8 | rows[:, :, 2] << 16
    words[:, 0] |= (right - 1) << 24
    columns = [words, 2 * bias.astype(np.int64)[:, None], mantissas.astype(np.int64)[:, None]]
    return (np.concatenate(columns, axis=1) & 0xFFFFFFFF).astype(np.uint32).view(np.int32).ravel()


def depthwise_pairs(out_width: int, stride: int) -> int:
    """Pairs of columns in the plane: what the last two outputs of a row read is there."""
    return -(-out_width // 2) * stride + 1


def depthwise_scratch(pairs: int) -> int:
    """Bytes: eight rows of four channels, and a pair that is loaded but not used."""
    return 128 * (pairs + 1)
