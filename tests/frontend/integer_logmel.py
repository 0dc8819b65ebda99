"""The audio front end stated in numpy and Python integers: the same values as lib/frontend/src/logmel.c.

Written from the definitions in frontend/logmel.h: filters as a matrix, logarithm from its table, frames cut at once.
"""

import math

import numpy as np
from integer_fft import INPUT_BITS, headroom, transform

from ml.native import mel
from ml.native.logmel import LogmelConfig

ONE = 256


def log2_q8(x: int) -> int:
    """log2(max(x, 1)) * 256: 32 straight pieces between exact values, rounded half up."""
    x = max(x, 1)
    octave = x.bit_length() - 1
    mantissa = (x << 31 >> octave) if octave < 31 else x >> (octave - 31)
    index, fraction = mantissa >> 26 & 31, mantissa >> 10 & 0xFFFF
    points = [round(65536 * math.log2(1 + i / 32)) for i in (index, index + 1)]
    value = (points[0] << 16) + (points[1] - points[0]) * fraction
    return (octave << 8) + (value + (1 << 23) >> 24)


def shifted(x: int, left: int) -> int:
    return x << left if left >= 0 else x >> -left


def level(energy: int, left: int = 0) -> int:
    """log2(1 + energy 2^left / 2^8)"""
    one = max(1, shifted(ONE, -left))
    return log2_q8(energy + one) + (left - 8) * 256


def soft(x: int) -> int:
    """log2(1 + 2^x), four straight pieces an octave."""
    points = [round(256 * math.log2(1 + 2 ** (-i / 4))) for i in (abs(x) // 64, abs(x) // 64 + 1)]
    if abs(x) >= 40 * 64:
        return max(x, 0)
    return max(x, 0) + points[0] - ((points[0] - points[1]) * (abs(x) % 64) >> 6)


def weights(config: LogmelConfig) -> np.ndarray:
    """(bands, bins), Q15"""
    filters = config.filters
    matrix = np.zeros((config.bands + 2, config.fft // 2 + 1), np.int64)
    interval = np.repeat(np.arange(config.bands + 1), filters.band_bins)
    bins = filters.first_bin + np.arange(len(interval))
    matrix[interval + 1, bins] = filters.rising
    matrix[interval, bins] = mel.ONE - filters.rising.astype(int)
    return matrix[1:-1]


def energies(pcm: np.ndarray, up: int, config: LogmelConfig) -> tuple[list[int], int]:
    """Of a frame: (bands,) and the power of two that brings them to Q8 counts^2."""
    weighted = pcm.astype(np.int64) * mel.hann(config.window)
    frame = np.zeros(config.fft, np.int64)
    frame[: config.window] = weighted + (1 << (INPUT_BITS - up)) >> (15 - up)
    bins, exponent = transform(frame)
    return list(map(int, weights(config) @ (bins**2).sum(axis=1))), 2 * (exponent - up) - 15 + 8


def recent(pcm: np.ndarray, end: int, config: LogmelConfig) -> np.ndarray:
    """The samples whose size sets a frame's scale: the hops that it overlaps, whole ones."""
    hops = -(-config.window // config.hop)
    first = end - hops * config.hop
    return pcm[max(0, first) if first >= config.window else 0 : end]


def high_passed(pcm: np.ndarray, slow: int) -> np.ndarray:
    """int16 (samples,) -> the same without its offset, which a follower in units of 2^-14 knows."""
    made, offset = [], int(pcm[0]) << 14 if len(pcm) else 0
    for x in map(int, pcm):
        made.append(min(32767, max(-32768, x - (offset + (1 << 13) >> 14))))
        offset += (x << 14) - offset >> slow
    return np.array(made, np.int16)


def integer_logmel(pcm: np.ndarray, config: LogmelConfig) -> np.ndarray:
    """int16 (samples,) -> int (frames, outputs) in units of 1/256."""
    if config.high_pass:
        pcm = high_passed(pcm, config.high_pass)
    frames, noise = [], None
    for end in range(config.window, len(pcm) + 1, config.hop):
        up = min(14, headroom(recent(pcm, end, config)))
        energy, left = energies(pcm[end - config.window : end], up, config)
        if config.noise_factor or config.gain_strength:
            energy = [shifted(e, left) for e in energy]
            noise = energy if noise is None else list(map(estimate(config), energy, noise))
            levels = [level_in_noise(e, n, config) for e, n in zip(energy, noise, strict=True)]
        else:
            levels = [level(e, left) for e in energy]
        frames.append(cepstra(levels, config) if config.cepstra else levels)
    return np.array(frames, int).reshape(-1, config.outputs)


def estimate(config: LogmelConfig):
    def move(energy: int, noise: int) -> int:
        if energy > noise:
            return noise + (energy - noise >> config.noise_rise)
        return noise - (noise - energy >> config.noise_fall)

    return move


def level_in_noise(energy: int, noise: int, config: LogmelConfig) -> int:
    if config.noise_factor:
        energy = max(energy - (noise >> 4) * config.noise_factor, (energy >> 8) * config.noise_floor, 0)
    if not config.gain_strength:
        return level(energy)
    gain = config.gain_offset - (level(noise) * config.gain_strength >> 8)
    return min(32767, soft(log2_q8(energy) - 8 * ONE + gain))


def cepstra(levels: list[int], config: LogmelConfig) -> list[int]:
    table = mel.dct(config.cepstra, config.bands).astype(int)
    return [int(row @ np.array(levels) + (1 << 14) >> 15) for row in table]


def to_int8(values: np.ndarray, config: LogmelConfig) -> tuple[np.ndarray, int, int]:
    """int8, values clipped below, values clipped above."""
    q = (values * config.multiplier + (1 << (config.shift - 1)) >> config.shift) + config.zero_point
    return np.clip(q, -128, 127).astype(np.int8), int((q < -128).sum()), int((q > 127).sum())
