"""The line of JSON with which a board offers its stream (SensiML's Simple Streaming Interface)."""

import json
import math
from dataclasses import dataclass

import numpy as np

from ml.data.formats.packets import Shape

MAX_LINE = 8192  # bytes
MAX_COLUMNS = 256
MAX_PACKET = 16384  # bytes of payload
MAX_RATE_HZ = 1e6
LONGER = 4  # a packet may have that many times the announced samples
INT16 = "<i2"
TYPES = {"int16": INT16, "float": "<f4"}


@dataclass(frozen=True)
class Announcement:
    """What a board says of its stream."""

    line: bytes  # as received, with its end
    rate_hz: float
    version: int
    samples_per_packet: int
    names: tuple[str, ...]  # by column
    dtype: str

    @property
    def row(self) -> int:
        """Bytes of one sample of all columns."""
        return len(self.names) * np.dtype(self.dtype).itemsize

    @property
    def packet(self) -> int:
        return self.row * self.samples_per_packet

    @property
    def shape(self) -> Shape:
        return Shape(self.row, min(LONGER * self.packet, MAX_PACKET))


def read_announcement(line: bytes) -> Announcement | None:
    """The announcement in a line; None where it is none, or says what cannot be."""
    at = line.find(b"{")
    if at < 0:
        return None
    try:
        said = json.loads(line[at:].decode("utf-8", "replace"))
        return _read(line[at:], said)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return None


def _read(line: bytes, said: dict) -> Announcement:
    columns = {int(place): str(name)[:40] for name, place in said["column_location"].items()}
    made = Announcement(
        line,
        float(said["sample_rate"]),
        int(said.get("version", 1)),
        int(said.get("samples_per_packet", 6)),
        tuple(columns[place] for place in sorted(columns)),
        TYPES[said.get("data_type", "int16")],
    )
    sane = (
        math.isfinite(made.rate_hz)
        and 0 < made.rate_hz <= MAX_RATE_HZ
        and made.version in (1, 2)
        and sorted(columns) == list(range(len(said["column_location"])))
        and 0 < len(columns) <= MAX_COLUMNS
        and made.samples_per_packet > 0
        and made.packet <= MAX_PACKET
    )
    if not sane:
        raise ValueError("not an announcement")
    return made
