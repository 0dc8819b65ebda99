"""The tables of the audio front end: window, mel filters and cosine transform as integers, and their C source.

They are part of a configuration: Python hands them to the compiled C, and a model's header holds them for the board.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.errors import UserError
from ml.native.tables import array

ONE = 32768  # Q15


def hann(size: int) -> np.ndarray:
    """Periodic Hann window, int16 (size,), Q15."""
    exact = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    return np.minimum(ONE - 1, np.round(exact * ONE)).astype(np.int16)


def centres_hz(bands: int, low_hz: float, high_hz: float) -> np.ndarray:
    """(bands + 2,) edges and centres, evenly spaced in HTK mel: 2595 log10(1 + f / 700)."""
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (low_hz, high_hz))
    return 700 * (10 ** (np.linspace(low, high, bands + 2) / 2595) - 1)


@dataclass(frozen=True)
class Filters:
    """Triangular filters as the C walks through them."""

    first_bin: int
    band_bins: np.ndarray  # uint16 (bands + 1,): bins from one centre to the next
    rising: np.ndarray  # uint16 (bins,): weight in the filter above, Q15


def filters(bands: int, low_hz: float, high_hz: float, rate_hz: int, fft: int) -> Filters:
    """The filter bank; refused where a filter would hold no bin of the transform."""
    centres = centres_hz(bands, low_hz, high_hz)
    hz = np.arange(fft // 2 + 1) * rate_hz / fft
    interval = np.searchsorted(centres, hz, side="right") - 1  # hz lies between centres[interval] and the next
    inside = (interval >= 0) & (interval <= bands)
    counts = np.bincount(interval[inside], minlength=bands + 1)
    start = centres[interval[inside]]
    rising = np.round((hz[inside] - start) / (centres[interval[inside] + 1] - start) * ONE).astype(np.uint16)
    held = np.bincount(interval[inside], rising, bands + 1)[:-1] + np.bincount(interval[inside], ONE - rising)[1:]
    if not held.all():
        raise UserError(
            f"bands={bands}: filter {int(np.argmin(held))} holds no bin of a {fft}-point transform at {rate_hz} Hz;"
            " use fewer bands, a longer transform or a higher low_hz"
        )
    return Filters(int(np.argmax(inside)), counts.astype(np.uint16), rising)


def dct(cepstra: int, bands: int) -> np.ndarray:
    """Orthonormal DCT-II, int16 (cepstra, bands), Q15."""
    angle = np.pi * np.arange(cepstra)[:, None] * (np.arange(bands) + 0.5) / bands
    exact = np.sqrt(2 / bands) * np.cos(angle)
    exact[:1] /= np.sqrt(2)
    return np.minimum(ONE - 1, np.round(exact * ONE)).astype(np.int16)


def as_words(values: np.ndarray, row: int = 2) -> np.ndarray:
    """Rows of int16, filled up with zeros to a multiple of `row`, as words of two, the first in the low half."""
    filled = np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, -values.shape[-1] % row)])
    return np.ascontiguousarray(filled, "<i2").view("<u4")


def c_array(kind: str, name: str, values: np.ndarray, note: str) -> str:
    """A commented constant array in C."""
    form, per_line = ("0x{:08X}", 9) if kind == "uint32_t" else ("{}", 16)
    flat = [int(value) for value in values.ravel()]
    return f"// {note}\n{array(f'static const {kind} {name}[{len(flat)}]', flat, per_line, form)}\n"


def c_struct(kind: str, name: str, members: Sequence[tuple[str, object]]) -> str:
    """A constant struct in C and C++, each value with its member's name."""
    lines = [f"    {value}, // {member}" for member, value in members]
    return "\n".join([f"static const {kind} {name} = {{", *lines, "};", ""])
