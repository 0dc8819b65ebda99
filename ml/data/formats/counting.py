"""The counters of every parser."""

from collections import Counter

import numpy as np

from ml.data.formats.events import Event, Fault, Gap, Samples

MAX_NOTE = 120  # characters
MAX_NOTED = 20  # faults of a kind that are told one by one; the others are only counted


class Channel:
    """The samples of one stream, numbered."""

    def __init__(self, stream: int = 0) -> None:
        self.stream = stream
        self.delivered = 0
        self._missing: int | None = 0
        self._why = ""

    def lose(self, samples: int | None, why: str) -> None:
        """Samples that should have been next were not read; told before the next ones that are."""
        self._missing = None if samples is None or self._missing is None else self._missing + samples
        self._why = self._why or why

    def gap(self) -> list[Event]:
        if self._missing == 0:
            return []
        made = Gap(self.stream, self.delivered, self._missing, self._why)
        self._missing, self._why = 0, ""
        return [made]

    def deliver(self, values: np.ndarray, arrival_s: np.ndarray, device_us: np.ndarray | None = None) -> list[Event]:
        if not len(values):
            return []
        made = [*self.gap(), Samples(self.stream, self.delivered, values, arrival_s, device_us)]
        self.delivered += len(values)
        return made


class Counting:
    """Faults by kind."""

    def __init__(self) -> None:
        self.faults: Counter[str] = Counter()

    def fault(self, kind: str, note: str = "", count: int = 1) -> list[Event]:
        """Counts, and makes an event of the first of each kind."""
        self.faults[kind] += count
        return [Fault(kind, note[:MAX_NOTE])] if self.faults[kind] <= MAX_NOTED else []
