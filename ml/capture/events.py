"""The events that sources send to the recorder."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Column:
    """One value of a sample."""

    name: str
    unit: str  # "" where nobody said
    per_unit: float  # counts in one unit


@dataclass(frozen=True)
class Stream:
    """One sensor."""

    name: str  # "imu", "mic", ...
    rate_hz: float
    columns: tuple[Column, ...]

    @property
    def is_audio(self) -> bool:
        """Recorded as WAV, whose rate is a whole number."""
        return self.name.startswith("mic") and len(self.columns) == 1 and self.rate_hz >= 1

    @property
    def scale(self) -> str:
        """For the manifest: `ax ay az: 2048/g; gx gy gz: 16/dps`."""
        groups: dict[str, list[str]] = {}
        for column in self.columns:
            groups.setdefault(f"{column.per_unit:g}/{column.unit or '1'}", []).append(column.name)
        return "; ".join(f"{' '.join(names)}: {scale}" for scale, names in groups.items())


@dataclass(frozen=True)
class Device:
    """Who is on the line; comes before the first samples, and again when something of it has changed."""

    app: str
    board: str
    firmware: str
    format: str  # "thimble", "ei", "ssi-2", "csv", ...
    streams: tuple[Stream, ...]
    has_clock: bool = True  # times are the board's; otherwise samples are counted and multiplied by their period


@dataclass(frozen=True)
class Block:
    """Consecutive samples, none missing between them."""

    stream: Stream
    time_us: int  # device time of the first, microseconds since the board's start
    period_us: float  # as measured so far
    values: np.ndarray  # (n, columns): int16 counts, or float64 as sent
    lost: int | None  # samples missing just before; None: unknown, and device time may have begun anew
    arrival_s: float  # the host's clock when the last of them came


@dataclass(frozen=True)
class Incident:
    """Something that should not happen; none goes unreported."""

    kind: str  # see docs/capture.md
    sensor: str = ""  # the stream, where it belongs to one
    count: int = 1
    device_us: int | None = None
    text: str = ""


@dataclass(frozen=True)
class Log:
    """A line of text from the board."""

    text: str


Event = Device | Block | Incident | Log
