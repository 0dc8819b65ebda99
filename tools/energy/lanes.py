"""Signals that arrive in blocks with a running sample number each, brought side by side."""

from __future__ import annotations

import threading
from collections import deque

import numpy as np


class Lane:
    """One signal. Samples that never came are filled in with `hole`."""

    def __init__(self, hole: float) -> None:
        self.hole = hole
        self.begun = False
        self.start = 0  # number of the first sample that is kept
        self.blocks: deque[np.ndarray] = deque()
        self.length = 0

    @property
    def end(self) -> int:
        return self.start + self.length

    def add(self, number: int, data: np.ndarray) -> None:
        """`number` is that of the first sample of `data`; what came before already is left out."""
        if not self.begun:
            self.begun, self.start = True, number
        if number > self.end:
            self._append(np.full(number - self.end, self.hole))
        self._append(data[max(0, self.end - number) :])

    def take(self, start: int, end: int) -> np.ndarray:
        """Samples start..end - 1, which are forgotten with all before them."""
        joined = np.concatenate(self.blocks)
        taken, rest = joined[start - self.start : end - self.start], joined[end - self.start :]
        self.start, self.length = end, len(rest)
        self.blocks = deque([rest])
        return taken

    def _append(self, data: np.ndarray) -> None:
        if len(data):
            self.blocks.append(np.asarray(data, float))
            self.length += len(data)


class Lanes:
    """Several of them, filled by a driver's thread."""

    def __init__(self, holes: dict[str, float]) -> None:
        self._lanes = {name: Lane(hole) for name, hole in holes.items()}
        self._lock = threading.Lock()

    def add(self, name: str, number: int, data: np.ndarray) -> None:
        with self._lock:
            self._lanes[name].add(number, data)

    def take(self) -> dict[str, np.ndarray]:
        """What all of them have; nothing before each has begun."""
        with self._lock:
            lanes = self._lanes.values()
            if not all(lane.begun for lane in lanes):
                return {}
            start, end = max(lane.start for lane in lanes), min(lane.end for lane in lanes)
            if end <= start:
                return {}
            return {name: lane.take(start, end) for name, lane in self._lanes.items()}
