"""Recordings that grow: valid after every block, also when the disk is full in the middle of one."""

import os
import struct
from pathlib import Path

import numpy as np

from ml.data.recordings import GRAVITY
from tools.capture.events import Stream

WAV_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
MOST_STATED = 2**32 - 37  # bytes of samples that a WAV file's header can state; its own size has 32 bits too
CHANNELS = 1


class Growing:
    """A new file to which whole pieces are added. What does not fit leaves it as it was."""

    def __init__(self, path: Path, head: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._size = 0
        self._file = path.open("xb", buffering=0)
        try:
            self._add(head)
        except BaseException:
            self._file.close()
            path.unlink()
            raise

    def _add(self, data: bytes) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except BaseException:  # an interrupt, too
            self._file.truncate(self._size)
            self._file.seek(self._size)
            raise
        self._size += len(data)

    def close(self) -> None:
        """On the disk, not only on its way there."""
        if not self._file.closed:
            os.fsync(self._file.fileno())
            self._file.close()


class Wav(Growing):
    """16-bit PCM, one channel."""

    def __init__(self, path: Path, stream: Stream) -> None:
        self._rate = round(stream.rate_hz)
        super().__init__(path, wav_header(self._rate, 0))

    def add(self, values: np.ndarray, times_us: np.ndarray) -> None:
        """int16 (n, 1)."""
        self._add(np.ascontiguousarray(values, "<i2").tobytes())
        self._file.seek(0)
        self._file.write(wav_header(self._rate, self._size - WAV_HEADER.size))  # in place: needs no room on the disk
        self._file.seek(self._size)


class Csv(Growing):
    """`timestamp_us` and a column a channel, in SI units as docs/data.md has them; empty times where there are none."""

    def __init__(self, path: Path, stream: Stream) -> None:
        self._factor = np.array([_si(column.unit) / column.per_unit for column in stream.columns])
        super().__init__(path, ",".join(["timestamp_us", *(column.name for column in stream.columns)]).encode() + b"\n")

    def add(self, values: np.ndarray, times_us: np.ndarray) -> None:
        """(n, channels) in counts, and n times."""
        lines = []
        for time_us, row in zip(times_us.tolist(), (values * self._factor).tolist(), strict=True):
            lines.append(f"{time_us},{','.join([f'{value:.4f}' for value in row])}\n")
        self._add("".join(lines).encode())


def create(folder: Path, stem: str, stream: Stream) -> Wav | Csv:
    """The kind of file that suits the stream."""
    return Wav(folder / f"{stem}.wav", stream) if stream.is_audio else Csv(folder / f"{stem}.csv", stream)


def wav_header(rate: int, size: int) -> bytes:
    """RIFF WAVE, PCM (Microsoft, Multimedia Programming Interface and Data Specifications 1.0, 1991)."""
    block = 2 * CHANNELS
    size = min(size, MOST_STATED)  # of a longer one readers take what is there, as of sound from a pipe
    head = (b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, CHANNELS, rate, rate * block, block, 16, b"data", size)
    return WAV_HEADER.pack(*head)


def repaired(path: Path) -> int:
    """Samples in a file whose writer died: what is whole of it stays, half a line and bytes beyond the header go."""
    return _repaired_wav(path) if path.suffix == ".wav" else _repaired_csv(path)


def _repaired_wav(path: Path) -> int:
    with path.open("r+b") as file:
        head = file.read(WAV_HEADER.size)
        size = WAV_HEADER.unpack(head)[-1] if len(head) == WAV_HEADER.size else 0
        there = max(0, file.seek(0, 2) - WAV_HEADER.size)
        size = min(size, there) // 2 * 2
        file.truncate(WAV_HEADER.size + size)
    return size // 2


def _repaired_csv(path: Path) -> int:
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) != len(data):
        with path.open("r+b") as file:
            file.truncate(len(whole))
    return max(0, whole.count(b"\n") - 1)


def _si(unit: str) -> float:
    """What a unit is in data.md's: g becomes m/s2, dps and everything else stay."""
    return GRAVITY if unit == "g" else 1.0
