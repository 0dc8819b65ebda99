"""The window of an event, asked of its board piece by piece. Boards are believed in nothing that can be checked."""

from __future__ import annotations

import struct

from ml.link.messages import Command, Status
from ml.link.numbers import ANSWERS, ARGUMENTS

ARGS, ANSWER = struct.Struct(ARGUMENTS[Command.GET_WINDOW].format), struct.Struct(ANSWERS[Command.GET_WINDOW].format)
BESIDE = 2 + ANSWER.size  # bytes of a reply beside a piece
WHY: dict[int, str] = {
    Status.NOT_NOW: "the node has it no longer",
    Status.UNSUPPORTED: "the node keeps no windows",
    Status.UNKNOWN: "the node's firmware is too old for it",
}


class NoWindowError(Exception):
    """Why none will come, in a line."""


class RefusedError(NoWindowError):
    """What came is not the window that was asked for."""


class Window:
    """Of the event with that sequence: `size` bytes for the model with that checksum of its hash."""

    def __init__(self, event: int, model: int, size: int) -> None:
        self._event, self._model, self._size = event % 2**16, model, size
        self._taken = bytearray()

    @property
    def whole(self) -> bool:
        return len(self._taken) == self._size

    @property
    def content(self) -> bytes:
        """So far."""
        return bytes(self._taken)

    def question(self, max_payload: int) -> bytes:
        """A command for the next piece, the answer to which has at most so many bytes."""
        count = min(max_payload - BESIDE, self._size - len(self._taken))
        return bytes([Command.GET_WINDOW]) + ARGS.pack(self._event, len(self._taken), count)

    def take(self, reply: bytes) -> bool:
        """The payload of a REPLY to the last question. True: it brought something. NoWindowError: give up."""
        if reply[:1] != bytes([Command.GET_WINDOW]) or len(reply) < 2:
            return False
        if reply[1] != Status.OK:
            raise NoWindowError(WHY.get(reply[1], f"status {reply[1]}"))
        if len(reply) < BESIDE:
            raise RefusedError(f"expected an answer of {BESIDE} bytes or more, found {len(reply)}")
        event, model, size, offset = ANSWER.unpack_from(reply, 2)
        if event != self._event or offset != len(self._taken):
            return False  # of another question
        if model != self._model:
            raise RefusedError(f"expected a window of the model {self._model:08x}, found one of {model:08x}")
        if size != self._size:
            raise RefusedError(f"expected a window of {self._size} bytes, found one of {size}")
        piece = reply[BESIDE:]
        if len(piece) > self._size - offset:
            raise RefusedError(f"expected at most {self._size - offset} bytes of a window, found {len(piece)}")
        self._taken += piece
        return bool(piece)  # none: it is to come
