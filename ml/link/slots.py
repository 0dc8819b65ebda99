"""What a board says of its slots, and how far an update is."""

import struct
from dataclasses import dataclass

from ml.link.numbers import ANSWERS, Command

LAYOUT = ANSWERS[Command.UPDATE_STATUS]


@dataclass(frozen=True)
class UpdateStatus:
    """What a board says of its slots."""

    phase: int  # of Phase
    given_up: int  # of GivenUp: why the last image was
    confirmed: int  # slot, NO_SLOT: the compiled-in model
    running: int  # likewise
    counter: int  # of the confirmed image
    offered: int  # of the image that is on its way
    payload: int  # its bytes
    missing: int  # its blocks
    block: int  # bytes of one, 0 before UPDATE_BEGIN
    windows: int  # left of the trial
    slot: int  # bytes
    digest: bytes  # of the image that runs, b"" for the compiled-in model

    LEAST = LAYOUT.size  # bytes of the answer, without the digest

    @classmethod
    def parse(cls, answer: bytes) -> "UpdateStatus":
        """Of UPDATE_STATUS, which has LEAST bytes or more."""
        values = struct.unpack_from(LAYOUT.format, answer)
        return cls(**dict(zip(LAYOUT.names, values, strict=True)), digest=answer[LAYOUT.size :])


@dataclass(frozen=True)
class Step:
    """How far an update is. `note`: something that the user should hear of once."""

    stage: str  # announce, send, check, try, done
    done: int = 0
    total: int = 0
    note: str = ""
