"""Least squares: how fast samples really come, and how fast the board's clock runs. And a clock for waiting."""

import time

from ml.data.formats.rate import RateMeter

LEAST_FRAMES = 3
DRIFT_AFTER_S = 10.0
REAL_TIME = 0.01  # a board's clock that is further off is no clock of this world: an emulator's
MOST_STEP_S = 1.0


class WaitClock:
    """Seconds in which this program could have seen something: while it was stopped, or the computer slept, it did not
    wait. Read it more than once a second."""

    def __init__(self) -> None:
        self._now_s, self._read_s = 0.0, time.monotonic()

    def now(self) -> float:
        before, self._read_s = self._read_s, time.monotonic()
        self._now_s += min(self._read_s - before, MOST_STEP_S)
        return self._now_s


class RateFit:
    """Samples per second of device time, from the times of frames; gaps count with the samples that they cost."""

    def __init__(self) -> None:
        self._frames = 0
        self._origin_us = 0
        self._i = self._t = self._ii = self._it = 0.0

    def add(self, index: int, time_us: int) -> None:
        """Sample `index` was taken at `time_us`."""
        if self._frames == 0:
            self._origin_us = time_us
        i, t = float(index), float(time_us - self._origin_us)
        self._frames += 1
        self._i, self._t, self._ii, self._it = self._i + i, self._t + t, self._ii + i * i, self._it + i * t

    def period_us(self, least: int = LEAST_FRAMES) -> float | None:
        """Microseconds a sample; None with fewer frames than `least`."""
        spread = self._frames * self._ii - self._i * self._i
        slope = (self._frames * self._it - self._i * self._t) / spread if spread > 0 else 0.0
        return slope if self._frames >= least and slope > 0 else None


class DriftFit:
    """The board's clock against the host's. Bytes come late but never early: the promptest of a half second count."""

    def __init__(self) -> None:
        self._meter = RateMeter()
        self._first: tuple[int, float] | None = None
        self._last_us = 0

    def add(self, time_us: int, arrival_s: float) -> None:
        """Something of device time `time_us` arrived."""
        if self._first is None:
            self._first, self._last_us = (time_us, arrival_s), time_us
        if time_us > self._last_us:
            self._meter.add(time_us - self._last_us, arrival_s)
            self._last_us = time_us

    def ppm(self) -> float | None:
        """Positive: the board's clock runs fast. None: too early to tell, or its time is not real time."""
        per_second = self._meter.rate_hz
        if per_second is None or self._first is None or self._last_us - self._first[0] < DRIFT_AFTER_S * 1e6:
            return None
        off = per_second / 1e6 - 1
        return off * 1e6 if abs(off) < REAL_TIME else None
