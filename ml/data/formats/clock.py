"""A board's own time stamps: unwrapped, and what they say of samples that are missing or came twice."""

from collections import deque
from dataclasses import dataclass

import numpy as np

WRAP_US = 2**32  # of micros() and of millis() * 1000 alike: a step back by most of it is no step back
LOOKED_AT = 31  # steps whose median is the usual one
ENOUGH = 8
LATE = 1.6  # usual steps; beyond that a sample is missing
MAX_US = 2.0**52


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
        if self._last is None:
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
