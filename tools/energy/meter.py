"""The interface of every current meter: samples at a fixed rate, with a hole for each lost sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Samples:
    """Consecutive samples."""

    current_a: np.ndarray  # float64 (n,): amperes, NaN where a sample was lost
    marks: np.ndarray  # uint8 (n,): logic inputs, bit 0 the first; 0 where the meter has none

    def __len__(self) -> int:
        return len(self.current_a)

    @property
    def lost(self) -> int:
        return int(np.isnan(self.current_a).sum())


MOST_MISSING = 1 << 22  # samples in one gap; more is a clock that jumped
NOTHING = Samples(np.empty(0), np.empty(0, np.uint8))


def join(parts: list[Samples]) -> Samples:
    """One after another."""
    if not parts:
        return NOTHING
    return Samples(np.concatenate([part.current_a for part in parts]), np.concatenate([part.marks for part in parts]))


class Meter(Protocol):
    """A meter that is open. Errors are UserErrors of one line."""

    @property
    def name(self) -> str:
        """With its serial number or port."""
        ...

    @property
    def rate_hz(self) -> float:
        """Samples per second."""
        ...

    @property
    def voltage_v(self) -> float:
        """At the device under test: set, or measured."""
        ...

    def start(self) -> None:
        """Begins to measure."""

    def read(self) -> Samples:
        """What has come since; waits a moment at most, and may have nothing."""
        ...

    def stop(self) -> None:
        """Ends measuring; samples under way are dropped."""

    def notes(self) -> list[str]:
        """What a reader of the figures must know: repairs, saturation, samples that the clock misses."""
        ...

    def close(self) -> None:
        """Gives the meter back. A supply that it switched on is off afterwards."""
