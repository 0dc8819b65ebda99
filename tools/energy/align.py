"""Finds the busy times of a device in the current of a meter, although their two clocks are not synchronised.

The device says over its link when it computed, by its own clock (the stream `timing`, docs/protocol.md); the meter
counts samples by its own. Meter time = offset + (1 + drift) * device time. Both are found where the current follows the
busy pattern best: by cross-correlation over all offsets and a grid of drifts, then by the mean current inside the busy
intervals, group after group of them, through which a line is laid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.errors import UserError
from tools.energy.meter import Samples

STRENGTH_LIMIT = 0.5  # least correlation of current and busy pattern; chance gives less than 0.2 in a second or more
FEWEST_WINDOWS = 5
LARGEST_DRIFT = 0.01  # of the two clocks; crystals are within 0.0002, RC oscillators within 0.01
COARSE_S = 20.0  # of the pattern that a search takes; then four times as much, and so on
MOST_PARTS = 4  # such parts that are searched for, one after the other
MOST_BINS = 1 << 18
MOST_WORK = 1 << 24  # bins times drifts, a second or so; where windows are rare the drifts are then further apart
MOST_STEPS = 32  # of four times each: from a second to more than there is
RIVAL = 0.97  # of the best score: what comes so near might be it as well
GROUPS = 16  # of busy intervals, through which the drift is laid
STEPS = 101  # offsets tried within a busy length
NEAR_TOP = 0.9  # of the way from the worst to the best offset: the middle of those above is taken


@dataclass(frozen=True)
class Alignment:
    """Meter time in seconds = offset_s + (1 + drift) * device time."""

    offset_s: float
    drift: float
    strength: float  # correlation of the current with the busy pattern, up to 1
    jitter_s: float  # by which groups of windows lie off the line, root mean square; nan where there are too few
    repeats: bool  # the pattern fits as well elsewhere: it is regular. Means are the same there

    def to_meter(self, seconds: np.ndarray) -> np.ndarray:
        return self.offset_s + (1 + self.drift) * seconds


class _Charge:
    """Integral of the current over meter time; samples that were lost take the mean of all."""

    def __init__(self, samples: Samples, rate_hz: float) -> None:
        current = np.nan_to_num(samples.current_a - np.nanmean(samples.current_a))
        self.sum = np.concatenate([[0.0], np.cumsum(current)]) / rate_hz
        self.rate_hz, self.seconds = rate_hz, len(current) / rate_hz

    def until(self, seconds: np.ndarray) -> np.ndarray:
        place = np.clip(np.asarray(seconds) * self.rate_hz, 0, len(self.sum) - 1)
        before = np.minimum(place.astype(int), len(self.sum) - 2)
        return self.sum[before] + (place - before) * (self.sum[before + 1] - self.sum[before])

    def binned(self, count: int, step_s: float) -> np.ndarray:
        """Mean current above the average in each bin, (count,)."""
        return np.diff(self.until(np.arange(count + 1) * step_s)) / step_s


def align(samples: Samples, rate_hz: float, busy: np.ndarray, guess_s: float | None = None) -> Alignment:
    """`busy`: float (n, 2), start and end of each time the device was busy, in seconds of its clock, ascending.

    `guess_s` is the offset as the computer's clock tells it: it chooses where a regular pattern fits several times.
    Raises UserError where the two do not match.
    """
    if len(busy) < FEWEST_WINDOWS or not np.isfinite(samples.current_a).any():
        raise UserError(f"expected {FEWEST_WINDOWS} windows or more from the board, found {len(busy)}; measure longer")
    charge = _Charge(samples, rate_hz)
    length = float(np.median(busy[:, 1] - busy[:, 0]))
    if not length > 0 or not (np.diff(busy.ravel()) >= 0).all():
        raise UserError("expected windows that take time, one after the other, found others; flash the board anew")
    strongest = 0.0
    for part in _parts(busy):
        offset, drift, repeats = _search(charge, part, length, guess_s)
        offset, drift, jitter = _refine(charge, busy, part, length, offset, drift)
        strength = _strength(charge, busy, length, offset, drift)
        if strength >= STRENGTH_LIMIT:
            return Alignment(offset, drift, strength, jitter, repeats)
        strongest = max(strongest, strength)
    raise UserError(
        f"expected the current to follow what the board reports with a correlation of {STRENGTH_LIMIT:g} or more, "
        f"found {strongest:.2f}; does the meter measure this board?"
    )


def _parts(busy: np.ndarray) -> list[np.ndarray]:
    """Pieces of the pattern, each of COARSE_S or FEWEST_WINDOWS: the meter may have seen only a part of it."""
    parts, first = [], 0
    while len(busy) - first >= FEWEST_WINDOWS and len(parts) < MOST_PARTS:
        last = int(np.searchsorted(busy[:, 1], busy[first, 0] + COARSE_S))
        last = max(last, first + FEWEST_WINDOWS)
        parts.append(busy[first:last])
        first = last
    return parts


def _coverage(pattern: np.ndarray, count: int, step_s: float) -> np.ndarray:
    """Share of each bin that is busy, float (count,)."""
    edges = np.stack([pattern[:, 0], pattern[:, 1]], 1).ravel()
    done = np.concatenate([[0.0], np.cumsum(pattern[:, 1] - pattern[:, 0])])
    until = np.stack([done[:-1], done[1:]], 1).ravel()
    return np.diff(np.interp(np.arange(count + 1) * step_s, edges, until, left=0.0)) / step_s


def _search(charge: _Charge, busy: np.ndarray, length: float, guess_s: float | None) -> tuple[float, float, bool]:
    """Offset and drift to within a fraction of a busy length, and whether others fit as well."""
    zero = float(busy[0, 0])
    part = busy - zero
    span = part[-1, 1]
    step = max(length / 4, 1 / charge.rate_hz, charge.seconds / MOST_BINS, span / MOST_BINS)
    count, bins = int(span * (1 + LARGEST_DRIFT) / step) + 2, int(charge.seconds / step)
    size = 1 << (count + bins).bit_length()
    spectrum = np.fft.rfft(charge.binned(bins, step), size)
    best, found = -np.inf, (np.empty(0), 0.0)
    most = max(1, int(min(MOST_WORK // size // 2, np.ceil(LARGEST_DRIFT * span / length / 2))))
    for drift in np.linspace(-LARGEST_DRIFT, LARGEST_DRIFT, 2 * most + 1):
        shape = _coverage(part * (1 + drift), count, step)
        scores = np.fft.irfft(spectrum * np.conj(np.fft.rfft(shape - shape.mean(), size)), size)
        if scores.max() > best:
            best, found = scores.max(), (scores, drift)
    scores, drift = found
    lags = np.arange(size)
    lags[lags >= size - count] -= size  # the board reported before the meter began
    peak = int(lags[scores.argmax()])
    rivals = (scores >= RIVAL * best) & (np.abs(lags - peak) > 2 * length / step)
    if rivals.any() and guess_s is not None:
        good = lags[rivals | (lags == peak)]
        peak = int(good[np.abs(good * step - guess_s - (1 + drift) * zero).argmin()])
    return peak * step - (1 + float(drift)) * zero, float(drift), bool(rivals.any())


def _inside(charge: _Charge, pattern: np.ndarray, offset: float, drift: float, margin: float) -> np.ndarray:
    """The intervals that the meter saw, with some room around them."""
    placed = offset + (1 + drift) * pattern
    return pattern[(placed[:, 0] >= margin) & (placed[:, 1] <= charge.seconds - margin)]


def _refine(
    charge: _Charge, busy: np.ndarray, part: np.ndarray, length: float, offset: float, drift: float
) -> tuple[float, float, float]:
    """From the part that was found to all that the meter saw: a drift that is right there is nearly so beside it."""
    first, last = float(part[0, 0]), float(part[-1, 1])
    jitter = np.nan
    for _ in range(MOST_STEPS):
        near = busy[(busy[:, 0] >= first) & (busy[:, 1] <= last)]
        for reach in (length, length / 4):
            offset, drift, jitter = _laid(charge, near, reach, offset, drift)
        if first <= busy[0, 0] and last >= busy[-1, 1]:
            break
        first, last = first - 1.5 * (last - first), last + 1.5 * (last - first)
    return offset, drift, jitter


def _laid(
    charge: _Charge, pattern: np.ndarray, reach: float, offset: float, drift: float
) -> tuple[float, float, float]:
    """A line through the shifts, up to `reach` either way, that suit groups of the intervals best."""
    seen = _inside(charge, pattern, offset, drift, reach)
    if len(seen) < FEWEST_WINDOWS:
        return offset, drift, np.nan
    groups = np.array_split(seen, min(GROUPS, len(seen) // FEWEST_WINDOWS))
    times = np.array([group.mean() for group in groups])
    shifts = np.array([_shift(charge, group, reach, offset, drift) for group in groups])
    if len(groups) < 3:
        return offset + shifts.mean(), drift, np.nan
    middle = times.mean()  # the board may have run for days: far from zero, numbers would be lost
    slope, level = np.polyfit(times - middle, shifts, 1)
    jitter = float(np.sqrt(np.mean((shifts - level - slope * (times - middle)) ** 2)))
    return offset + level - slope * middle, drift + slope, jitter


def _shift(charge: _Charge, group: np.ndarray, reach: float, offset: float, drift: float) -> float:
    """By how much later these intervals hold the most current: the middle of those shifts that come near the best."""
    shifts = np.linspace(-reach, reach, STEPS)
    placed = offset + (1 + drift) * group
    held = np.array([(charge.until(placed[:, 1] + s) - charge.until(placed[:, 0] + s)).sum() for s in shifts])
    top = int(held.argmax())
    high = held >= held.min() + NEAR_TOP * (held.max() - held.min())
    first = top - int((~high[top::-1]).argmax()) + 1 if not high[: top + 1].all() else 0
    last = top + int((~high[top:]).argmax()) - 1 if not high[top:].all() else STEPS - 1
    return float(shifts[first] + shifts[last]) / 2


def _strength(charge: _Charge, pattern: np.ndarray, length: float, offset: float, drift: float) -> float:
    """Correlation of current and busy share in bins of a quarter of a busy length, where both are known."""
    placed = offset + (1 + drift) * pattern
    start, end = max(0.0, placed[0, 0] - length), min(charge.seconds, placed[-1, 1] + length)
    step = max(length / 4, 1 / charge.rate_hz, (end - start) / MOST_BINS)
    count = int((end - start) / step)
    if count < 2 * FEWEST_WINDOWS:
        return 0.0
    current = np.diff(charge.until(start + np.arange(count + 1) * step))
    shape = _coverage(placed - start, count, step)
    if not current.std() or not shape.std():
        return 0.0
    return float(np.corrcoef(current, shape)[0, 1])
