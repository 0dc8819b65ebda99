"""Recordings that grow: valid after every block, also when the disk is full in the middle of one."""

import math
import os
import struct
from pathlib import Path

import numpy as np

from ml.capture.events import Stream
from ml.data.recordings import GRAVITY

WAV_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
MOST_STATED = 2**32 - 37  # bytes of samples that a WAV file's header can state; its own size has 32 bits too
RATE_AT = 24  # of its bytes; 32 bits
CSV_HEADER = b"timestamp_us,"
AT_ONCE = 1 << 20  # bytes of a file that is read to its end
CHANNELS = 1


class Growing:
    """A new file to which whole pieces are added. What does not fit leaves it as it was."""

    def __init__(self, path: Path, head: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._size = 0
        self._file = path.open("xb", buffering=0)
        self._stat = os.fstat(self._file.fileno())
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

    def is_there(self) -> bool:
        """Somebody who removed the file, or its folder, left nothing of what is added to it."""
        try:
            return os.path.samestat(self.path.stat(), self._stat)
        except OSError:
            return False

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
        self._format = ",".join(f"%.{_decimals(factor)}f" for factor in self._factor)
        super().__init__(path, ",".join(["timestamp_us", *(column.name for column in stream.columns)]).encode() + b"\n")

    def add(self, values: np.ndarray, times_us: np.ndarray) -> None:
        """(n, channels) in counts, and n times."""
        lines = []
        for time_us, row in zip(times_us.tolist(), (values * self._factor).tolist(), strict=True):
            lines.append(f"{time_us},{self._format % tuple(row)}\n")
        self._add("".join(lines).encode())


def suffix(stream: Stream) -> str:
    """Of the kind of file that suits the stream."""
    return ".wav" if stream.is_audio else ".csv"


def create(path: Path, stream: Stream) -> Wav | Csv:
    """`path` ends in the stream's suffix."""
    return Wav(path, stream) if stream.is_audio else Csv(path, stream)


def wav_header(rate: int, size: int) -> bytes:
    """RIFF WAVE, PCM (Microsoft, Multimedia Programming Interface and Data Specifications 1.0, 1991)."""
    block = 2 * CHANNELS
    size = min(size, MOST_STATED)  # of a longer one readers take what is there, as of sound from a pipe
    head = (b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, CHANNELS, rate, rate * block, block, 16, b"data", size)
    return WAV_HEADER.pack(*head)


def repaired(path: Path) -> int | None:
    """Samples in a file whose writer died: what is whole of it stays, half a line and bytes beyond the header go.

    None: it is not as `Wav` and `Csv` write it, and is left as it is.
    """
    return _repaired_wav(path) if path.suffix == ".wav" else _repaired_csv(path)


def _repaired_wav(path: Path) -> int | None:
    with path.open("r+b") as file:
        head = file.read(WAV_HEADER.size)
        if len(head) < WAV_HEADER.size:  # it died in the first write
            return 0 if wav_header(0, 0)[:4].startswith(head[:4]) else None
        size = WAV_HEADER.unpack(head)[-1]
        (rate,) = struct.unpack_from("<I", head, RATE_AT)
        if rate * 2 * CHANNELS >= 2**32 or size > MOST_STATED or head != wav_header(rate, size):
            return None
        there = max(0, file.seek(0, os.SEEK_END) - WAV_HEADER.size)
        size = (there if size == MOST_STATED else min(size, there)) // 2 * 2
        file.truncate(WAV_HEADER.size + size)
    return size // 2


def _repaired_csv(path: Path) -> int | None:
    lines = end = 0  # whole ones, and where the last of them ends
    with path.open("r+b") as file:
        if not CSV_HEADER.startswith(head := file.read(len(CSV_HEADER))):
            return None
        if len(head) < len(CSV_HEADER):
            return 0
        at = file.seek(0)
        while block := file.read(AT_ONCE):
            lines += block.count(b"\n")
            end = at + block.rfind(b"\n") + 1 if b"\n" in block else end
            at += len(block)
        if end != at:
            file.truncate(end)
    return max(0, lines - 1)


def _si(unit: str) -> float:
    """What a unit is in data.md's: g becomes m/s2, dps and everything else stay."""
    return GRAVITY if unit == "g" else 1.0


def _decimals(step: float) -> int:
    """Four, or as many as tell two neighbouring counts apart."""
    return max(4, math.ceil(-math.log10(step)) + 1)
