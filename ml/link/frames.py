"""Frames on a serial line, as lib/link/include/link/frame.h and docs/protocol.md describe them.

for item in decoder.feed(port.read(4096)):   # Frame, or str: a line of text that stood between frames
"""

import binascii
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from cobs import cobs

MAX_PAYLOAD = 1024  # the most that LINK_MAX_PAYLOAD in frame.h may be
MAX_LINE = 1024  # bytes of text; longer lines come in pieces
HEADER = struct.Struct("<BBHI")
CRC = struct.Struct("<H")
MAX_FRAME = HEADER.size + MAX_PAYLOAD + CRC.size
MAX_CHUNK = MAX_FRAME + MAX_FRAME // 254 + 1
TEXT = frozenset([*range(0x20, 0x7F), *range(0x80, 0x100), *b"\t\n\r\x1b"])


@dataclass(frozen=True)
class Frame:
    """What travels in one piece."""

    type: int  # see ml.link.messages; never a byte of text, which is how a frame's second byte tells it from text
    stream: int = 0  # 0 where the type has no streams
    sequence: int = 0  # counts the frames of this type and stream; a reply carries its command's
    time_us: int = 0  # device time, wraps at 2^32
    payload: bytes = b""

    def encode(self) -> bytes:
        """The bytes on the line, with both zero bytes."""
        body = HEADER.pack(self.type, self.stream, self.sequence, self.time_us) + self.payload
        return b"\0" + cobs.encode(body + CRC.pack(crc16(body))) + b"\0"


def crc16(data: bytes) -> int:
    """CRC-16/IBM-3740: polynomial 0x1021, start 0xFFFF."""
    return binascii.crc_hqx(data, 0xFFFF)


def parse(chunk: bytes) -> Frame | None:
    """The frame between two zero bytes, None where the bytes are damaged."""
    try:
        body = cobs.decode(chunk)
    except cobs.DecodeError:
        return None
    if not HEADER.size + CRC.size <= len(body) <= MAX_FRAME or body[0] in TEXT:
        return None
    if CRC.unpack(body[-2:])[0] != crc16(body[:-2]):
        return None
    return Frame(*HEADER.unpack_from(body), payload=body[HEADER.size : -2])


def is_text(data: bytes | bytearray) -> bool:
    """No control characters but tab, line feed, return and escape."""
    return TEXT.issuperset(data)


class Decoder:
    """Takes bytes in pieces of any size; what it yields does not depend on the pieces."""

    def __init__(self) -> None:
        self.frames = 0  # whole frames handed out
        self.errors = 0  # chunks between zero bytes that were neither a frame nor text
        self._chunk = bytearray()  # since the last zero byte, without the lines already handed out
        self._lines = False  # the chunk began as text: a frame's second byte, its type, is no text
        self._too_long = False

    def feed(self, data: bytes) -> Iterator[Frame | str]:
        """Yields what the bytes complete: frames, and lines of text without their line feed."""
        *ended, rest = data.split(b"\0")
        for piece in ended:
            yield from self._add(piece)
            yield from self._end()
        yield from self._add(rest)

    def _add(self, piece: bytes) -> Iterator[str]:
        self._chunk += piece
        if len(self._chunk) >= 2 and is_text(self._chunk[:2]):
            self._lines = True
        if self._lines:
            yield from self._take_lines()
        if len(self._chunk) > MAX_CHUNK:  # no frame, nor text, which was taken: an error whatever follows
            self._too_long = True
            del self._chunk[MAX_CHUNK:]

    def _take_lines(self) -> Iterator[str]:
        while (end := self._chunk.find(b"\n", 0, MAX_LINE)) >= 0 or len(self._chunk) >= MAX_LINE:
            line = self._chunk[: end + 1 or MAX_LINE]
            if not is_text(line):
                break
            del self._chunk[: len(line)]
            yield as_line(line)

    def _end(self) -> Iterator[Frame | str]:
        chunk, lines, too_long = bytes(self._chunk), self._lines, self._too_long
        self._chunk.clear()
        self._lines = self._too_long = False
        if is_text(chunk):
            if chunk:
                yield as_line(chunk)
        elif not lines and not too_long and (frame := parse(chunk)):
            self.frames += 1
            yield frame
        else:
            self.errors += 1


def as_line(data: bytes | bytearray) -> str:
    return data.decode("utf-8", "replace").rstrip("\r\n")
