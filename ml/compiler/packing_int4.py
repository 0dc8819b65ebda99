"""Weights of four bits in the order in which lib/nn/src/dsp/dot_int4.c reads them; packed_int4.h describes the layout.

Four channels share a half of a word as the digits of one number: 4096 w3 + 256 (w2 + 8) + 16 (w1 + 8) + w0 + 8. A
channel's sum is what is between two digits' places, so the higher the digit, the smaller its sums have to be.
"""

from __future__ import annotations

import numpy as np

from ml.compiler.packing import CHANNELS, LARGEST_SHIFT, _pairs

LOW, HIGH = -8, 7
OFFSET = 8  # makes the three lower digits 0 to 15
LARGEST_SUM = 1 << 29  # four times a sum stays within 32 bits
SMALLEST_SHARED_SHIFT = -3  # to the right, where one scale serves all channels


def fit(weights: np.ndarray) -> bool:
    """True where four bits hold every weight."""
    return bool(weights.size and weights.min() >= LOW and weights.max() <= HIGH)


def fault(
    weights: np.ndarray, bias: np.ndarray, mantissas: np.ndarray, shifts: np.ndarray, *, smallest_shift: int = 1
) -> str:
    """Why a layer whose weights fit cannot be packed, or "". Arguments as `pack` takes them."""
    right = _right(mantissas, shifts)
    if right.min() < smallest_shift or right.max() > LARGEST_SHIFT:
        return f"its scale is outside 2^-{LARGEST_SHIFT + 1}..2^{-smallest_shift}"
    largest = _largest(_digits(_pairs(weights).reshape(len(bias), -1)), bias)
    room = np.array([1 << (31 - 4 * digit) for digit in range(CHANNELS)])
    over = largest >= np.minimum(room, LARGEST_SUM >> max(-int(right.min()), 0))
    if not over.any():
        return ""
    channel, digit = np.argwhere(over)[0] @ [CHANNELS, 1], int(np.argwhere(over)[0][1])
    return f"the sums of channel {channel} reach {int(largest[over][0]):,}, more than digit {digit} of a word holds"


def pack(
    weights: np.ndarray, bias: np.ndarray, mantissas: np.ndarray, shifts: np.ndarray, *, scales: bool = True
) -> np.ndarray:
    """int32 words for `weights` [channels, rows of the window, taps in a row], -8..7, in which `fault` finds none;
    bias has the input's zero folded in. Without `scales` the words leave out shifts and multipliers."""
    digits = _digits(_pairs(weights).reshape(len(bias), -1))
    halves = _number(digits) & 0xFFFF
    blocks = len(halves)
    biases = _blocks(bias.astype(np.int64))
    sums = np.stack([_number(np.where(np.arange(CHANNELS) >= c, biases, 0)) for c in range(CHANNELS)], axis=1)
    words = [sums, halves[:, 0::2] | halves[:, 1::2] << 16]
    if scales:
        words.append(scale_words(mantissas, shifts))
    return _int32(np.concatenate(words, axis=1)).reshape(blocks, -1).ravel()


def scale_words(mantissas: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """int64 [blocks, 5]: the shifts to the right, less one, a byte a channel; four multipliers."""
    less_one = _blocks(_right(mantissas, shifts) - 1) & 0xFF
    bytes_ = np.sum([less_one[:, c] << (8 * c) for c in range(CHANNELS)], axis=0)
    return np.concatenate([bytes_[:, None], _blocks(mantissas.astype(np.int64))], axis=1)


def shared_scales(mantissa: int, shift: int) -> np.ndarray:
    """int32 [5], one scale for every channel."""
    return _int32(scale_words(np.full(CHANNELS, mantissa), np.full(CHANNELS, shift))).ravel()


def _right(mantissas: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    return np.where(mantissas == 0, 1, -shifts.astype(np.int64))


def _blocks(values: np.ndarray) -> np.ndarray:
    """[channels] -> [blocks, 4], filled up with 0."""
    return np.pad(values, (0, -len(values) % CHANNELS)).reshape(-1, CHANNELS)


def _digits(taps: np.ndarray) -> np.ndarray:
    """int64 [channels, taps] -> [blocks, taps, 4]: the digits of a half, the lowest first."""
    filled = np.pad(taps.astype(np.int64), ((0, -len(taps) % CHANNELS), (0, 0)))
    by_block = filled.reshape(-1, CHANNELS, taps.shape[1]).transpose(0, 2, 1)
    return by_block + np.array([OFFSET, OFFSET, OFFSET, 0])


def _number(digits: np.ndarray) -> np.ndarray:
    """[..., 4] -> [...]: digits, the lowest first, to the number they write in base 16."""
    return (digits * np.array([1, 16, 256, 4096])).sum(axis=-1)


def _largest(digits: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """int64 [blocks, 4]: how far from 0 the sum of a channel's digits and its bias can come on any int8 input."""
    biases = _blocks(bias.astype(np.int64))
    low = biases + np.minimum(-128 * digits, 127 * digits).sum(axis=1)
    high = biases + np.maximum(-128 * digits, 127 * digits).sum(axis=1)
    return np.maximum(np.abs(low), np.abs(high) + 1)


def _int32(words: np.ndarray) -> np.ndarray:
    return (words & 0xFFFFFFFF).astype(np.uint32).view(np.int32)
