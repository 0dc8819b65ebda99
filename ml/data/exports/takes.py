"""Recordings to be exported, in the form from which every format is written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ml.data.checking.survey import read_row
from ml.data.imports.writing import place
from ml.data.manifest import listed
from ml.data.recordings import ACCEL_PER_G, GRAVITY, GYRO_PER_DPS, Recording
from ml.data.rows import Row
from ml.errors import UserError
from ml.progress import say, track

DECIMALS = 5  # of m/s2 and deg/s: a hundredth of a count, so that counts come back exactly


@dataclass(frozen=True)
class Take:
    """One recording and its row."""

    row: Row
    recording: Recording

    @property
    def columns(self) -> tuple[str, ...]:
        """As in our CSV files; "audio" of a microphone."""
        if self.recording.sensor == "mic":
            return ("audio",)
        accel = ("ax", "ay", "az") if self.recording.gravity else ("lax", "lay", "laz")
        return accel + (("gx", "gy", "gz") if self.recording.sensor == "imu" else ())

    @property
    def values(self) -> np.ndarray:
        """m/s2 and deg/s (n, columns), or the int16 of sound."""
        if self.recording.sensor == "mic":
            return self.recording.samples
        scale = [GRAVITY / ACCEL_PER_G] * 3 + [1 / GYRO_PER_DPS] * (len(self.columns) - 3)
        return np.round(self.recording.samples * np.array(scale), DECIMALS)

    @property
    def rate_hz(self) -> float:
        return self.recording.rate_mhz / 1000

    @property
    def time_us(self) -> np.ndarray:
        return np.rint(np.arange(len(self.recording.samples)) * (1e9 / self.recording.rate_mhz)).astype(np.int64)


@dataclass
class Takes:
    """A data set, read one recording at a time."""

    rows: list[Row]
    left_out: int = 0  # so far

    def __iter__(self) -> Iterator[Take]:
        for one in track(self.rows, "exporting", len(self.rows)):
            read = read_row(one)
            if read.recording is None:
                self.left_out += 1
                say(f"left out: {read.error or f'{one.file}: of a sensor that no application knows'}")
            else:
                yield Take(one, read.recording)


def export(data: Path, folder: Path, write: Callable[[Takes, Path], None]) -> int:
    """Writes the data set `data` into a new folder, whole or not at all; returns the number of recordings."""
    _, rows = listed(data)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        takes = Takes(sorted(rows, key=lambda row: row.file))
        write(takes, made)
        if takes.left_out == len(rows):
            raise UserError(f"{data}: expected recordings to export, found none that can be read")
        place(made, folder)
    return len(rows) - takes.left_out
