"""The events that a parser makes from bytes."""

from collections import Counter
from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class Layout:
    """The columns of a stream; comes again when they change."""

    stream: int  # 0 unless the protocol has several (SSI version 2: its channel)
    names: tuple[str, ...]  # as announced, otherwise ch0, ch1, ...
    units: tuple[str, ...]  # "" where the protocol does not say
    rate_hz: float | None  # as announced; the true one is measured, see `RateMeter`
    protocol: str  # for the manifest: "ei", "csv", "ssi-1", "ssi-2", "ssi-a", "ssi-b"


@dataclass(frozen=True)
class Samples:
    """Samples that were read whole; numbers only, never NaN or infinite."""

    stream: int
    first: int  # index of the first of them among all samples of the stream that were delivered
    values: np.ndarray  # float64 (n, columns), as sent: no scale or unit is applied
    arrival_s: np.ndarray  # float64 (n,): the host's clock when the last byte of each arrived
    device_us: np.ndarray | None = None  # int64 (n,): the board's clock, unwrapped, where the stream carries it


@dataclass(frozen=True)
class Gap:
    """Samples that were sent and not read."""

    stream: int
    at: int  # index of the first sample after the gap
    samples: int | None  # how many are missing; at least so many for a protocol of text; None: nobody can know
    why: str


@dataclass(frozen=True)
class Fault:
    """Something that should not have been on the line, worth a word; all of them are counted in `Parser.faults`."""

    kind: str
    note: str = ""


@dataclass(frozen=True)
class Reply:
    """Bytes that the board waits for."""

    data: bytes


Event = Layout | Samples | Gap | Fault | Reply


class Parser(Protocol):
    """One protocol. `feed` and `finish` never raise, whatever the bytes, and memory stays below some 300 kB."""

    @property
    def faults(self) -> Counter[str]:
        """Kind of fault -> how often it was met (bytes for the kinds that end in "bytes")."""
        ...

    def feed(self, data: bytes, arrival_s: float) -> list[Event]:
        """Takes what arrived, and the host's clock (time.monotonic) when it did."""
        ...

    def finish(self) -> list[Event]:
        """The end of the line: what was held back for what might follow."""
        ...
