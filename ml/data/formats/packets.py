"""Packets of SensiML's Simple Streaming Interface: version 2, and two older layouts that public firmware still sends.

    2  FF | length u16 = payload + 6 | 00 | channel | sequence u32 | payload | XOR of all after the length
    a  FF | sequence u32 | length u16 = payload | payload | XOR of the payload
    b  FF | channel | sequence u32 | length u16 = payload | payload | XOR of the payload

All little-endian. FF is not escaped, and a checksum of 8 bits passes one in 256 of the packets that lost bytes. So a
packet is believed only when the header of the next one follows it.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from operator import xor

import numpy as np

SYNC = 0xFF  # of every packet's first byte
MAX_CHANNEL = 15  # the specification has four


@dataclass(frozen=True)
class Shape:
    """Which payloads are possible."""

    row: int  # bytes of one sample of all columns
    most: int  # bytes of the longest payload

    def fits(self, payload: int) -> bool:
        return 0 < payload <= self.most and payload % self.row == 0


@dataclass(frozen=True)
class Packet:
    """One packet, checked."""

    channel: int
    sequence: int
    payload: bytes
    size: int  # bytes of the whole packet
    following: int | None = None  # number of the next packet of this channel, where it is the next and says so


@dataclass(frozen=True)
class PacketLayout:
    """One of the three layouts."""

    name: str
    header: int  # bytes before the payload
    read: Callable[[bytes], tuple[int, int, int]]  # header -> channel, sequence, bytes of payload; -1: not possible
    checked_from: int  # first byte that the checksum covers

    @property
    def numbers_are_checked(self) -> bool:
        """The checksum covers the sequence too."""
        return self.checked_from < self.header

    def parse(self, data: bytes, at: int, shape: Shape) -> Packet | bool:
        """The packet at `at` by its length and checksum; False where there is none, True where more bytes must tell."""
        if data[at] != SYNC:
            return False
        if len(data) - at < self.header:
            return True
        channel, sequence, length = self.read(data[at : at + self.header])
        if not 0 <= channel <= MAX_CHANNEL or not shape.fits(length):
            return False
        end = at + self.header + length + 1
        if len(data) < end:
            return True
        if checksum(data[at + self.checked_from : end - 1]) != data[end - 1]:
            return False
        return Packet(channel, sequence, data[at + self.header : end - 1], end - at)

    def confirmed(self, data: bytes, at: int, shape: Shape, ended: bool) -> Packet | bool:
        """As `parse`, but a packet only when another one begins after it, or when the line `ended` with it."""
        packet = self.parse(data, at, shape)
        if not isinstance(packet, Packet):
            return packet and not ended
        after = at + packet.size
        if ended and after == len(data):
            return packet
        if len(data) - after < self.header:
            return not ended
        if not self.begins(data, after, shape):
            return False
        channel, sequence, _ = self.read(data[after : after + self.header])
        return replace(packet, following=sequence) if channel == packet.channel else packet

    def begins(self, data: bytes, at: int, shape: Shape) -> bool:
        """A packet's header is there, whatever becomes of the rest."""
        if data[at] != SYNC or len(data) - at < self.header:
            return False
        channel, _, length = self.read(data[at : at + self.header])
        return 0 <= channel <= MAX_CHANNEL and shape.fits(length)


def checksum(data: bytes) -> int:
    return int(np.bitwise_xor.reduce(np.frombuffer(data, np.uint8))) if len(data) else 0


def _final(header: bytes) -> tuple[int, int, int]:
    length, reserved, channel, sequence = struct.unpack_from("<HBBI", header, 1)
    return (channel if reserved == 0 else -1), sequence, length - 6


def _older_a(header: bytes) -> tuple[int, int, int]:
    sequence, length = struct.unpack_from("<IH", header, 1)
    return 0, sequence, length


def _older_b(header: bytes) -> tuple[int, int, int]:
    return struct.unpack_from("<BIH", header, 1)


LAYOUTS = (
    PacketLayout("ssi-2", 9, _final, 3),
    PacketLayout("ssi-a", 7, _older_a, 7),
    PacketLayout("ssi-b", 8, _older_b, 8),
)


def encode(layout: str, channel: int, sequence: int, payload: bytes) -> bytes:
    """A packet as firmware sends it."""
    length = len(payload)
    if layout == "ssi-2":
        checked = struct.pack("<BBI", 0, channel, sequence) + payload
        return struct.pack("<BH", SYNC, length + 6) + checked + bytes([reduce(xor, checked, 0)])
    head = struct.pack("<BIH", SYNC, sequence, length)
    if layout == "ssi-b":
        head = struct.pack("<BBIH", SYNC, channel, sequence, length)
    return head + payload + bytes([reduce(xor, payload, 0)])


def recognise(data: bytes, shape: Shape, ended: bool = False) -> tuple[PacketLayout, int] | None:
    """The layout in which two packets follow one another in `data`, and where they begin.

    Where the line `ended`, one packet at its end is enough.
    """
    for at in range(len(data)):
        if data[at] == SYNC:
            for layout in LAYOUTS:
                if _two(layout, data, at, shape, ended):
                    return layout, at
    return None


def _two(layout: PacketLayout, data: bytes, at: int, shape: Shape, ended: bool) -> bool:
    first = layout.confirmed(data, at, shape, ended)
    if not isinstance(first, Packet):
        return False
    after = at + first.size
    return after == len(data) or isinstance(layout.parse(data, after, shape), Packet)


class SequenceCheck:
    """The packets of one channel by their numbers."""

    NEAR = 1000  # packets; a larger jump is a damaged number until others follow it
    EARLY = 8  # a number 1 after that is a board that started again
    RUN = 3  # strange packets in a row that are believed

    def __init__(self, checked: bool = True) -> None:
        """`checked`: a checksum covers the numbers. Otherwise a leap is believed only when the next packet confirms it,
        and a channel that begins anywhere but at 1 only after some packets."""
        self._checked = checked
        self._last: int | None = None
        self._strange: list[int] = []

    def judge(self, sequence: int, following: int | None = None) -> tuple[str, int | None]:
        """-> "" and how many packets are missing before this one (None: nobody can know), or why it must be dropped.

        `following` is the number of the packet right after it, where there is one.
        """
        if self._last is None:
            return self._accept(sequence, 0) if self._checked or sequence == 1 else self._strangely(sequence, 0)
        ahead = (sequence - self._last) % 2**32
        confirmed = self._checked or following is None or following == (sequence + 1) % 2**32
        if ahead == 1 or (confirmed and 0 < ahead <= self.NEAR):
            return self._accept(sequence, ahead - 1)
        if confirmed and sequence == 1 and self._last > self.EARLY:
            return self._accept(sequence, None)
        return ("repeated packet", 0) if ahead == 0 else self._strangely(sequence, None)

    def _strangely(self, sequence: int, missing: int | None) -> tuple[str, int | None]:
        follows = self._strange and sequence == (self._strange[-1] + 1) % 2**32
        self._strange = [*self._strange, sequence] if follows else [sequence]
        return self._accept(sequence, missing) if len(self._strange) >= self.RUN else ("packet out of order", 0)

    def _accept(self, sequence: int, missing: int | None) -> tuple[str, int | None]:
        self._last, self._strange = sequence, []
        return "", missing
