"""Finds the true sample rate of a stream without a clock, from the arrival times of its samples."""

from dataclasses import dataclass

import numpy as np

BLOCK_S = 0.5
MAX_BLOCKS = 4096  # 34 minutes at first; then two blocks become one, so that any length fits
SETTLE_S = 0.5  # what the operating system had kept from before arrives all at once
AROUND = 4  # blocks on each side of a step in the delay
LEAST_STEP = 1.5  # samples
NOISE = 4.0  # a step is that many times the usual change of the delay


@dataclass(frozen=True)
class Loss:
    """A place where the samples fell behind the clock and stayed behind."""

    at: int  # index of a sample close by
    samples: float  # about how many are missing


class RateMeter:
    """Measures over the whole recording, not over its first second.

    Samples arrive late, in bursts, but never early. So the promptest arrival of each half second is kept, and a line
    is laid through those: its slope is the rate. A stall of the host makes late blocks, which the fit leaves out.
    """

    def __init__(self) -> None:
        self._blocks: list[tuple[int, float]] = []  # (samples so far, arrival): the promptest of each block
        self._block_s = BLOCK_S
        self._samples = 0
        self._started: float | None = None
        self._open: list[tuple[int, float]] = []

    def add(self, samples: int, arrival_s: float) -> None:
        """`samples` more were complete at `arrival_s`."""
        self._samples += samples
        if self._started is None:
            self._started = arrival_s
        if samples <= 0 or arrival_s < self._started + SETTLE_S:
            return
        if self._open and arrival_s - self._open[0][1] >= self._block_s:
            self._close()
        self._open = self._prompt([*self._open, (self._samples, arrival_s)])

    def miss(self, samples: int) -> None:
        """So many are known to have been sent and not read."""
        self._samples += samples

    def _prompt(self, points: list[tuple[int, float]]) -> list[tuple[int, float]]:
        """The first of a block, for its time, and the promptest."""
        first, *others = points
        if len(others) < 2:
            return points
        pace = self._pace()
        return [first, min(others, key=lambda point: point[1] - point[0] * pace)]

    def _pace(self) -> float:
        """Seconds a sample, roughly."""
        samples, now = self._open[-1]
        return (now - self._started) / samples if samples and self._started is not None else 0.0

    def _close(self) -> None:
        pace = self._pace()
        self._blocks.append(min(self._open, key=lambda point: point[1] - point[0] * pace))
        self._open = []
        if len(self._blocks) >= MAX_BLOCKS:
            self._blocks = self._blocks[::2]
            self._block_s *= 2

    def _points(self) -> tuple[np.ndarray, np.ndarray]:
        points = np.array(self._blocks + self._open[-1:], float).reshape(-1, 2)
        return points[:, 0], points[:, 1]

    @property
    def rate_hz(self) -> float | None:
        """Samples a second; None before a second has passed."""
        index, arrival = self._points()
        if len(index) < 3 or arrival[-1] - arrival[0] < 2 * BLOCK_S:
            return None
        pace, _ = _line(index, arrival)
        return 1 / pace if pace > 0 else None

    @property
    def uncertainty_hz(self) -> float | None:
        """Standard error of the rate: from how far the arrivals scatter around the line."""
        rate = self.rate_hz
        if rate is None:
            return None
        index, arrival = self._points()
        _, residual = _line(index, arrival)
        spread = np.sqrt(np.sum((index - index.mean()) ** 2))
        return float(np.std(residual) / spread * rate**2) if spread else None

    def losses(self) -> list[Loss]:
        """Where samples must have been lost that the protocol cannot know of: the delay rises and does not come back.

        Found are losses of two samples and more that stand out of the jitter; a stall alone is none, since what it
        held back arrives.
        """
        index, arrival = self._points()
        if len(index) < 2 * AROUND:
            return []
        pace = float(np.median(np.diff(arrival) / np.maximum(np.diff(index), 1)))
        delay = arrival - index * pace
        usual = float(np.median(np.abs(np.diff(delay))))
        least = max(LEAST_STEP * pace, NOISE * usual)
        found: list[Loss] = []
        at = AROUND
        while at <= len(delay) - AROUND:
            step = _step(delay, at)
            if step < least:
                at += 1
                continue
            at = max(range(at, min(at + AROUND, len(delay) - AROUND + 1)), key=lambda place: _step(delay, place))
            found.append(Loss(int(index[at]), _step(delay, at) / pace))
            at += AROUND
        return found


def _step(delay: np.ndarray, at: int) -> float:
    """By how much every delay after a place exceeds the usual one before it."""
    return float(delay[at : at + AROUND].min() - np.median(delay[at - AROUND : at]))


def _line(index: np.ndarray, arrival: np.ndarray) -> tuple[float, np.ndarray]:
    """Least squares, twice: the second time without the points that lie far from the first line."""
    pace, start = np.polyfit(index - index[0], arrival - arrival[0], 1)
    residual = arrival - arrival[0] - start - pace * (index - index[0])
    scatter = float(np.median(np.abs(residual - np.median(residual))))
    near = np.abs(residual - np.median(residual)) <= 5 * scatter + 1e-9
    if near.sum() >= 3 and not near.all():
        pace, start = np.polyfit(index[near] - index[0], arrival[near] - arrival[0], 1)
        residual = (arrival - arrival[0] - start - pace * (index - index[0]))[near]
    return float(pace), residual
