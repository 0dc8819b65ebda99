"""Signals as text: works over ssh, in a log, without a display."""

from itertools import pairwise

import numpy as np

from ml.capture.events import Stream
from ml.capture.meter import SILENCE_DB

BARS = " ▁▂▃▄▅▆▇█"
SHADES = " ·:-=+*%#@"
FLOOR_DB, TOP_DB = -90.0, -10.0  # of a spectrogram's shades, per bin
MOST_FFT = 1024


def wave(values: np.ndarray, width: int, low: float, high: float) -> str:
    """One line: the middle of each of `width` stretches of (n,), between low and high."""
    if not len(values):
        return " " * width
    edges = np.linspace(0, len(values), width + 1).astype(int)
    means = np.array([values[a : max(b, a + 1)].mean() for a, b in pairwise(edges)])
    span = high - low or 1.0
    steps = np.clip((means - low) / span * (len(BARS) - 1), 0, len(BARS) - 1)
    return "".join(BARS[round(step)] for step in steps.tolist())


def envelope(values: np.ndarray, width: int) -> str:
    """One line: the loudest sample of each stretch of int16 (n,), on a scale of decibels."""
    edges = np.linspace(0, len(values), width + 1).astype(int)
    peaks = [np.abs(values[a : max(b, a + 1)].astype(float)).max(initial=0) for a, b in pairwise(edges)]
    decibels = 20 * np.log10(np.maximum(np.array(peaks), 1) / 32768)
    return wave(decibels, width, -60.0, 0.0)


def spectrogram(values: np.ndarray, rate_hz: float, width: int, height: int) -> list[str]:
    """`height` lines, high frequencies first: Hann windows, one a column, shades by power in dB below full scale."""
    size = min(MOST_FFT, 1 << max(6, int(np.log2(max(64.0, rate_hz / 16)))))
    if len(values) < size:
        return [" " * width] * height
    starts = np.linspace(0, len(values) - size, width).astype(int)
    frames = np.stack([values[start : start + size] for start in starts]).astype(float) / 32768
    power = np.abs(np.fft.rfft(frames * np.hanning(size), axis=1)[:, 1:]) ** 2 / (size / 4) ** 2
    bands = np.stack([band.mean(axis=1) for band in np.array_split(power, height, axis=1)])
    decibels = np.maximum(10 * np.log10(bands + 1e-12), SILENCE_DB)
    steps = np.clip((decibels - FLOOR_DB) / (TOP_DB - FLOOR_DB) * (len(SHADES) - 1), 0, len(SHADES) - 1)
    return ["".join(SHADES[round(step)] for step in line) for line in steps[::-1].tolist()]


def picture(stream: Stream, values: np.ndarray, width: int = 72, height: int = 8) -> list[str]:
    """Lines for a stream's samples (n, columns) in counts."""
    if stream.is_audio:
        sound = values[:, 0]
        top = f"{stream.rate_hz / 2000:g} kHz"
        lines = [f"{stream.name:>8} {envelope(sound, width)}"]
        marks = [top, *[""] * (height - 2), "0"]
        return lines + [
            f"{mark:>8} {line}"
            for mark, line in zip(marks, spectrogram(sound, stream.rate_hz, width, height), strict=True)
        ]
    lines = []
    for index, column in enumerate(stream.columns):
        one = values[:, index].astype(float) / column.per_unit
        low, high = (float(one.min()), float(one.max())) if len(one) else (0.0, 0.0)
        lines.append(f"{column.name:>8} {wave(one, width, low, high)} {low:.4g} to {high:.4g} {column.unit}")
    return lines
