"""The present state of a stream: rate, level, losses. Triggers watch it too."""

from collections import deque

import numpy as np

from ml.capture.events import Block, Stream
from ml.data.recordings import GRAVITY

WINDOW_S = 1.0
SHOWN_S = 4.0
SILENCE_DB = -96.0


class Meter:
    """Fed with blocks as they arrive."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.samples = 0
        self.lost = 0
        self._arrivals: deque[tuple[float, int]] = deque()
        self._recent: deque[np.ndarray] = deque()
        self._recent_samples = 0

    def add(self, block: Block) -> None:
        self.samples += len(block.values)
        self.lost += block.lost or 0
        self._arrivals.append((block.arrival_s, len(block.values)))
        while self._arrivals[0][0] < block.arrival_s - 2 * WINDOW_S:
            self._arrivals.popleft()
        self._keep(block.values)

    def _keep(self, values: np.ndarray) -> None:
        self._recent.append(values)
        self._recent_samples += len(values)
        while self._recent_samples - len(self._recent[0]) >= SHOWN_S * self.stream.rate_hz:
            self._recent_samples -= len(self._recent.popleft())

    def rate_hz(self, now_s: float) -> float:
        """Samples that came per second of the host's time, over the last two seconds."""
        recent = [(at, count) for at, count in self._arrivals if at >= now_s - 2 * WINDOW_S]
        span = now_s - recent[0][0] if recent else 0.0
        return sum(count for _, count in recent[1:]) / span if span > 0 else 0.0

    def recent(self) -> np.ndarray:
        """(n, columns): the last few seconds."""
        if not self._recent:
            return np.zeros((0, len(self.stream.columns)))
        return np.concatenate(self._recent)

    def level(self) -> str:
        """Of the last second, in words."""
        values = self.recent()[-max(1, round(WINDOW_S * self.stream.rate_hz)) :]
        if not len(values):
            return ""
        if self.stream.is_audio:
            return f"{decibels(values):6.1f} dBFS, peak {np.abs(values.astype(float)).max() / 32768:.0%}"
        magnitude = linear(self.stream, values)
        return f"motion {magnitude.max():5.2f} g" if magnitude is not None else f"{values[-1].tolist()}"


def decibels(values: np.ndarray) -> float:
    """RMS of int16 samples below full scale."""
    rms = float(np.sqrt(np.mean(np.square(values.astype(float))))) / 32768
    return 20 * float(np.log10(rms)) if rms > 0 else SILENCE_DB


def linear(stream: Stream, values: np.ndarray) -> np.ndarray | None:
    """(n,) in g: how far the acceleration's size is from rest. None: the stream has no acceleration."""
    names = [column.name for column in stream.columns]
    if not {"ax", "ay", "az"} <= set(names):
        return None
    at = [names.index(name) for name in ("ax", "ay", "az")]
    units = np.array([stream.columns[i].per_unit * (GRAVITY if stream.columns[i].unit == "m/s2" else 1.0) for i in at])
    return np.abs(np.linalg.norm(values[:, at] / units, axis=1) - 1.0)
