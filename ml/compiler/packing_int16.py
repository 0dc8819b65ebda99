"""int8 weights for int16 activations in the order in which lib/nn/src/dsp reads them; packed_int16.h has the layout."""

from __future__ import annotations

import numpy as np

from ml.compiler.packing import CHANNELS

SMALLEST_SHIFT = 17  # of the kernels that sum in 32 bits: SMMLA leaves 16 of it, and one goes with SSAT
LARGEST_REACH = 1 << 31
MULTIPLIER_BITS = 16  # below the multiplier in its word
DEPTHWISE_ORDER = (0, 2, 1, 3)  # so that SXTB16 gives channels (0, 1), and (2, 3) with a rotation


def pairs(row: int) -> int:
    """Of taps, in a row of the window."""
    return (row + 1) // 2


def narrow(weights: np.ndarray, bias: np.ndarray, right: np.ndarray) -> bool:
    """True where sums of 32 bits hold every channel whatever the input; `weights` [channels, taps]."""
    reach = np.abs(weights.astype(np.int64)).sum(axis=1) * 32768 + np.abs(bias)
    return bool(reach.max() < LARGEST_REACH and right.min() >= SMALLEST_SHIFT)


def pack(weights: np.ndarray, bias: np.ndarray, multipliers: np.ndarray, right: np.ndarray, *, wide: bool):
    """int32 words for `weights` [channels, rows of the window, taps in a row]; biases, multipliers of 16 bits and
    shifts to the right [channels]. `wide` for sums of 64 bits."""
    even = np.pad(weights, ((0, -len(weights) % CHANNELS), (0, 0), (0, weights.shape[2] % 2)))
    taps = even.reshape(len(even) // CHANNELS, 2, 2, -1, 2)  # block, word, channel, pair, tap
    ordered = np.ascontiguousarray(taps.transpose(0, 3, 1, 4, 2))
    words = ordered.reshape(len(taps), -1).view("<i4")
    biases = _blocks(bias).astype("<i8").view("<i4") if wide else _blocks(bias).astype(np.int32)
    return np.concatenate([biases, words, _scales(multipliers, right, wide)], axis=1).astype(np.int32).ravel()


def pack_taps(weights: np.ndarray, bias: np.ndarray, multipliers: np.ndarray, right: np.ndarray) -> np.ndarray:
    """int32 words of a depthwise layer: `weights` [kernel height, kernel width, channels], channels a multiple of
    four."""
    turned = weights.shape[0] > weights.shape[1]
    ordered = weights.transpose(1, 0, 2) if turned else weights
    by_block = ordered.reshape(-1, weights.shape[2] // CHANNELS, CHANNELS)[:, :, DEPTHWISE_ORDER].transpose(1, 0, 2)
    words = np.ascontiguousarray(by_block).view("<i4").reshape(len(by_block), -1)
    scales = _scales(multipliers, right, False)
    return np.concatenate([_blocks(bias).astype(np.int32), words, scales], axis=1).astype(np.int32).ravel()


def _scales(multipliers: np.ndarray, right: np.ndarray, wide: bool) -> np.ndarray:
    """[blocks, 5]: shifts, a byte a channel; multipliers."""
    less = 0 if wide else SMALLEST_SHIFT
    fill = (0, -len(right) % CHANNELS)
    filled = (np.pad(right.astype(np.int64), fill, constant_values=SMALLEST_SHIFT) - less).astype(np.int8)
    words = np.ascontiguousarray(filled.reshape(-1, CHANNELS)).view("<i4")
    return np.concatenate([words, _blocks(multipliers) << (0 if wide else MULTIPLIER_BITS)], axis=1)


def _blocks(values: np.ndarray) -> np.ndarray:
    """[channels] -> int64 [blocks, 4], filled up with 0."""
    return np.pad(values.astype(np.int64), (0, -len(values) % CHANNELS)).reshape(-1, CHANNELS)
