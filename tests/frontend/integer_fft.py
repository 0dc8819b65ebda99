"""The fixed-point FFT stated in numpy: the same integers as lib/frontend/src/fft_template.h, a pass as whole arrays.

Written from the definition of Stockham's algorithm and the rounding rules, without the C's words and pointers.
Complex numbers are int64 arrays (..., 2).
"""

import numpy as np

INPUT_BITS = 14


def q15(angle: np.ndarray) -> np.ndarray:
    """cos and sin as Q15, (..., 2)"""
    exact = np.stack([np.cos(angle), np.sin(angle)], axis=-1) * 32768
    return np.minimum(32767, np.round(exact)).astype(np.int64)


def turned_back(x: np.ndarray, turns: np.ndarray) -> np.ndarray:
    """x exp(-2 pi i turns) / 2, rounded half up"""
    w = q15(2 * np.pi * turns)
    re = x[..., 0] * w[..., 0] + x[..., 1] * w[..., 1]
    im = x[..., 1] * w[..., 0] - x[..., 0] * w[..., 1]
    return (np.stack([re, im], axis=-1) + 0x8000) >> 16


def times_j(x: np.ndarray) -> np.ndarray:
    return np.stack([-x[..., 1], x[..., 0]], axis=-1)


def conj(x: np.ndarray) -> np.ndarray:
    return x * [1, -1]


def radix_4(x: np.ndarray, halvings: tuple[int, int]) -> list[np.ndarray]:
    """The four sums of x[0..3], each level shifted down."""
    first, second = halvings
    even, odd = (x[0] + x[2]) >> first, (x[1] + x[3]) >> first
    even_less, odd_less = (x[0] - x[2]) >> first, (x[1] - x[3]) >> first
    return [
        (even + odd) >> second,
        (even_less - times_j(odd_less)) >> second,
        (even - odd) >> second,
        (even_less + times_j(odd_less)) >> second,
    ]


def first_pass(z: np.ndarray) -> tuple[np.ndarray, int]:
    """(length, M / length, 2) of transforms of `length` points, and the exponent."""
    points = len(z)
    if points.bit_length() % 2:  # a power of four
        quarters = list(z.reshape(4, -1, 2))
        quarters[0] = quarters[0] + 2
        return np.stack(radix_4(quarters, (1, 1))), 2
    a, b = z.reshape(2, -1, 2)
    return np.stack([a + b, a - b]) >> 1, 1


def next_pass(y: np.ndarray) -> tuple[np.ndarray, int]:
    """Joins four transforms of `length` points each; y is (length, groups, 2)."""
    length, groups, _ = y.shape
    shift = 2 if (y.min() < -(2**13) or y.max() >= 2**13) else 1
    parts = y.reshape(length, 4, groups // 4, 2).transpose(1, 0, 2, 3)
    turns = np.arange(length)[:, None] / (4 * length)
    x = [(parts[0] + (3 if shift == 2 else 1)) >> 1, *(turned_back(parts[i], i * turns) for i in (1, 2, 3))]
    return np.concatenate(radix_4(x, (0, shift - 1))), shift


def separated(z: np.ndarray) -> np.ndarray:
    """Bins of the real signal, halved, from the transform of its even and odd samples as real and imaginary parts."""
    points = len(z)
    k = np.arange(1, points // 2 + 1)
    a, b = z[k], conj(z[points - k])
    even = (((a + b) >> 1) + 1) >> 1
    odd = turned_back((a - b) >> 1, k / (2 * points) + 1 / 4)
    bins = np.zeros((points + 1, 2), np.int64)
    bins[k] = even + odd
    bins[points - k] = conj(even - odd)
    bins[0, 0], bins[points, 0] = (z[0].sum() + 1) >> 1, (z[0, 0] - z[0, 1] + 1) >> 1
    return bins


def headroom(x: np.ndarray) -> int:
    """By how many bits all of x may be shifted up to stay within 14 bits and a sign."""
    bits = max(int(v if v >= 0 else ~v).bit_length() for v in x.ravel())
    return INPUT_BITS - bits


def transform(x: np.ndarray) -> tuple[np.ndarray, int]:
    """Samples (size,) within 14 bits and a sign -> bins (size / 2 + 1, 2), exponent."""
    y, exponent = first_pass(x.reshape(-1, 2))
    while y.shape[1] > 1:
        y, shift = next_pass(y)
        exponent += shift
    return separated(y[:, 0]), exponent + 1


def integer_fft(samples: np.ndarray) -> tuple[np.ndarray, int]:
    """int16 (size,) -> bins (size / 2 + 1, 2), exponent."""
    x = samples.astype(np.int64)
    up = headroom(x)
    bins, exponent = transform(x << up if up >= 0 else x >> 1)
    return bins, exponent - up
