"""Unwraps time stamps of a board, a phone or a file, and finds missing and repeated samples in them.

`DeviceClock` reads them one by one as they come, `read_clock` those of a whole recording. Every rate that is taken from
time stamps comes from here.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

WRAP_US = 2**32  # of micros() and of millis() * 1000 alike: a step back by most of it is no step back
LOOKED_AT = 31  # steps whose median is the usual one
ENOUGH = 8
LATE = 1.6  # usual steps; beyond that a sample is missing
MAX_US = 2.0**52
EVEN = 0.8  # share of the steps of half the usual one and more; below it the stamps come in bursts, as a phone's do
BURST = 0.1  # share of the steps that are 0; above it the same
GRAINS_US = (1e3, 1e6)  # of clocks that count milliseconds or seconds
COARSE = 0.05  # share of the steps that are one of its grains longer: that is no missing sample
REGULAR = 3  # such steps at least, to see a pattern in them
BURST_US = 1e5  # stretches shorter than that, with more time between than in them, are bursts too
AROUND = 4  # stamps looked at on each side of a step
PAUSE_US = 1e6  # in bursts, where only a pause shows,
PAUSES = 5.0  # and is so much longer than nearly all other steps


@dataclass(frozen=True)
class Tick:
    """What one time stamp says."""

    time_us: int
    missing: int | None = 0  # samples that should have come before it; None: nobody can know
    repeated: bool = False  # the same sample again
    fault: str = ""


class DeviceClock:
    """Reads time stamps in microseconds as they come."""

    def __init__(self) -> None:
        self._last: float | None = None
        self._row: np.ndarray | None = None
        self._wraps = 0.0
        self._steps: deque[float] = deque(maxlen=LOOKED_AT)

    def read(self, stamp_us: float, row: np.ndarray) -> Tick:
        """The next stamp and its sample (columns,)."""
        stamp = min(max(stamp_us, -MAX_US), MAX_US) + self._wraps
        if self._last is None or self._row is None:
            return self._go(stamp, row)
        step = stamp - self._last
        if -WRAP_US <= step < -WRAP_US / 2:
            self._wraps += WRAP_US
            stamp, step = stamp + WRAP_US, step + WRAP_US
        if step < 0:
            self._steps.clear()
            self._wraps = 0.0
            return self._go(min(max(stamp_us, -MAX_US), MAX_US), row, None, "time of the board went back")
        if step == 0:
            same = np.array_equal(row, self._row)
            return Tick(round(stamp), repeated=same, fault="repeated sample" if same else "repeated time stamp")
        missing = self._missing(step)
        if missing == 0:
            self._steps.append(step)
        return self._go(stamp, row, missing, "missing by the board's time" if missing else "")

    def _go(self, stamp: float, row: np.ndarray, missing: int | None = 0, fault: str = "") -> Tick:
        self._last, self._row = stamp, row
        return Tick(round(stamp), missing, fault=fault)

    def _missing(self, step: float) -> int:
        if len(self._steps) < ENOUGH:
            return 0
        usual = float(np.median(self._steps))
        return max(0, round(step / usual) - 1) if step > LATE * usual else 0


@dataclass(frozen=True)
class Clock:
    """What the time stamps of a whole recording say."""

    rate_hz: float | None  # between gaps and restarts; None where fewer than two stamps differ
    restarts: tuple[int, ...]  # samples at which time went back: another recording begins there
    gaps: tuple[tuple[int, int], ...]  # (sample, how many are missing before it)
    repeated: int  # samples that came twice, by their stamps

    @property
    def missing(self) -> int:
        return sum(count for _, count in self.gaps)


def read_clock(stamps_us: np.ndarray) -> Clock:
    """Of float (n,) in microseconds; NaN where a sample has no stamp.

    The rate is the slope of a line through samples and stamps (least squares), laid through all stretches without a gap
    or a restart at once. So neither pauses nor jitter nor a clock that counts whole milliseconds move it.
    """
    known = np.flatnonzero(np.isfinite(stamps_us))
    times = unwrapped(stamps_us[known])
    steps, count = np.diff(times), np.diff(known)
    late, twice = _marked(known, times)
    back = steps < 0
    index = known - np.concatenate([[0], np.cumsum(twice)])[: len(known)]
    rate = _rate(index, times, np.flatnonzero(late | back) + 1)
    missing = np.rint(steps[late] * ((rate or 0.0) / 1e6)) - count[late]
    gaps = tuple((int(at), max(1, int(some))) for at, some in zip(known[1:][late], missing, strict=True))
    return Clock(rate, tuple(known[1:][back].tolist()), gaps, int(np.sum(twice)))


def unwrapped(stamps_us: np.ndarray) -> np.ndarray:
    """The same without the steps back of a counter of 32 bits."""
    times = np.clip(stamps_us, -MAX_US, MAX_US)
    steps = np.diff(times)
    wraps = (steps >= -WRAP_US) & (steps < -WRAP_US / 2)
    return times + WRAP_US * np.concatenate([[0.0], np.cumsum(wraps)])[: len(times)]


def _marked(index: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of the steps between stamps, bool (n - 1,) each: those with a gap in them, and those that are a sample again."""
    steps, none = np.diff(times), np.zeros(max(0, len(times) - 1), bool)
    paces = steps / np.maximum(np.diff(index), 1)
    forward = paces[steps > 0]
    if not len(forward):
        return none, none
    usual = float(np.median(forward))
    tick = float(np.gcd.reduce(np.rint(steps[steps > 0]).astype(np.int64)))
    longer = (forward > LATE * usual) & (forward <= usual + tick)
    grain = tick in GRAINS_US and (np.mean(longer) >= COARSE or _regular(np.flatnonzero(longer)))
    most = usual + tick if grain else LATE * usual
    moved = _moved(index, times, paces > most, usual)
    late, twice = (paces > most) & (moved > (LATE - 1) * usual), (steps == 0) & (moved < -(LATE - 1) * usual)
    if _in_bursts(times, forward / usual, late, np.mean(steps == 0)):
        return steps > max(PAUSE_US, PAUSES * float(np.percentile(steps[steps > 0], 95))), none
    return late, twice


def _moved(index: np.ndarray, times: np.ndarray, long: np.ndarray, usual: float) -> np.ndarray:
    """By how much the stamps after each step lie later than those before it foretell, (n - 1,): a late stamp is made
    up for by the next ones, a missing sample is not. Looked at are up to AROUND stamps, none beyond a long step."""
    delay = times - index * usual
    total = np.concatenate([[0.0], np.cumsum(delay - delay[0])])
    here = np.arange(len(long))  # the step from stamp `here` to the next
    edges = np.flatnonzero(long)
    first = np.concatenate([[0], edges + 1])[np.searchsorted(edges, here)]  # of the stretch before the step
    last = np.concatenate([edges + 1, [len(times)]])[np.searchsorted(edges, here, "right")]  # one past the one after
    low, high = np.maximum(first, here + 1 - AROUND), np.minimum(last, here + 1 + AROUND)
    before = (total[here + 1] - total[low]) / (here + 1 - low)
    return (total[high] - total[here + 1]) / (high - here - 1) - before


def _regular(places: np.ndarray) -> bool:
    """Whether they are as far apart as the rounding of even stamps would have them; lost samples hardly are."""
    apart = np.diff(places)
    return len(apart) >= REGULAR and bool(np.ptp(apart) <= 1)


def _in_bursts(times: np.ndarray, paces: np.ndarray, late: np.ndarray, still: float) -> bool:
    """Whether samples are stamped many at once: then only long pauses are gaps. `paces` in usual steps."""
    if still > BURST or np.mean(paces >= 0.5) < EVEN:
        return True
    edges = np.concatenate([[0], np.flatnonzero(late) + 1, [len(times)]])
    spans = times[edges[1:] - 1] - times[edges[:-1]]
    absent = float(np.sum(np.diff(times)[late]))
    return np.sum(late) >= REGULAR and absent > float(spans.sum()) and float(np.median(spans)) < BURST_US


def _rate(index: np.ndarray, times: np.ndarray, breaks: np.ndarray) -> float | None:
    """Samples a second, of stretches that begin at `breaks`."""
    if not len(times):
        return None
    starts = np.concatenate([[0], breaks])
    count = np.diff(np.append(starts, len(times)))
    at, when = (each - np.repeat(np.add.reduceat(each, starts) / count, count) for each in (index.astype(float), times))
    spread, together = float(at @ at), float(at @ when)
    return 1e6 * spread / together if together > 0 else None
