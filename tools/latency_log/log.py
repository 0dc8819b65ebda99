"""A log: the measurements, window by window, and the facts of the board and firmware."""

import dataclasses
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

VERSION = 1  # of the files; a reader refuses another
MOST = 10**18  # of any number
MOST_TEXT = 200  # characters of a name
STAGES = ("frontend", "inference", "decide")
TIMED = tuple(f"{stage}_cycles" for stage in STAGES)
COLUMNS = ("start", "time_us", "window", "lost", "awake", *TIMED, "latency_us", "slept_us")


@dataclass(frozen=True)
class Header:
    """What a log was measured on: nothing of it changes while one is written, and no date is in it."""

    app: str
    board: str
    build: str  # of the firmware, "" when unknown
    model: str  # its name, "" where there is none
    model_hash: str
    cycles_hz: int
    window_rate_mhz: int  # windows per 1000 seconds, which is the deadline of each; 0: none
    recording: str = ""  # what was played into the sensor: name and hash of the file

    def as_dict(self) -> dict[str, str | int]:
        return {"version": VERSION, **dataclasses.asdict(self)}

    def difference(self, other: "Header", *but: str) -> str:
        """What another session info says otherwise: `build 1a2b instead of 3c4d`; "" when it is the same."""
        mine, theirs = self.as_dict(), other.as_dict()
        return ", ".join(f"{key} {theirs[key]!r} instead of {mine[key]!r}" for key in mine
                         if key not in but and mine[key] != theirs[key])  # fmt: skip


class Rows:
    """A row a window, in columns of 64-bit integers that grow.

    start     0, and one more after each restart of the board
    time_us   device time of the window's last sample, since that start
    window    counted by the board from 1
    lost      rows that are missing directly before this one
    awake     1: the network ran
    *_cycles  of each stage
    latency_us  from the window's last sample to the row
    slept_us    of the time since the row before, lost or not; 0 in the first of a start
    """

    def __init__(self) -> None:
        self._columns = {name: array("q") for name in COLUMNS}

    def __len__(self) -> int:
        return len(self._columns["window"])

    def append(self, row: Sequence[int]) -> None:
        """In the order of COLUMNS."""
        for column, value in zip(self._columns.values(), row, strict=True):
            column.append(value)

    def __getitem__(self, name: str) -> np.ndarray:
        """int64 (rows,), a copy."""
        return np.array(self._columns[name], dtype=np.int64)

    @classmethod
    def of(cls, columns: dict[str, np.ndarray]) -> "Rows":
        made = cls()
        for name in COLUMNS:
            made._columns[name] = array("q", np.ascontiguousarray(columns[name], np.int64).tobytes())
        return made

    def since(self, first: int) -> list[tuple[int, ...]]:
        """Rows from number `first` on."""
        return list(zip(*(column[first:] for column in self._columns.values()), strict=True))


@dataclass(frozen=True)
class Log:
    """A whole one."""

    name: str  # of its file, for people
    header: Header
    rows: Rows
    notes: tuple[str, ...] = ()  # what is wrong with it without being an error
