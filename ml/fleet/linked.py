"""A board at the end of a line, or of a gateway's tunnel, as a member of rounds (LINK_FLEET in docs/protocol.md)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from ml.errors import UserError
from ml.fleet.masks import KEY, RefusalError
from ml.fleet.rounds import AwayError
from ml.fleet.settings import SUMS, Offer
from ml.link.device import CommandError, Device, SilenceError
from ml.link.messages import Command
from ml.link.numbers import FLEET_ANSWERS, FLEET_ARGUMENTS, Fleet, FleetKind

BLOCK = 16  # values


class Linked:
    """A member (rounds.py)."""

    def __init__(self, device: Device, name: str) -> None:
        self.name, self._device = name, device
        self._offer: Offer | None = None
        self._members = 0

    def status(self) -> dict:
        """What the board says of itself; the hash of its model in `model`."""
        layout, found = FLEET_ANSWERS[Fleet.STATUS], self._ask(Fleet.STATUS)
        if not layout.fits(len(found)):
            raise RefusalError(f"{self.name}: expected its state, found {len(found)} bytes")
        numbers = struct.unpack_from(layout.format, found)
        return dict(zip(layout.names, numbers, strict=True)) | {"model": found[layout.size :]}

    def seed(self, seed: bytes) -> None:
        """Its secret, which nobody needs to know afterwards. RefusalError where it has another one."""
        self._ask(Fleet.SEED, seed)

    def join(self, offer: Offer) -> bytes:
        settings = offer.settings
        kind = FleetKind.SUMS if settings.kind == SUMS else FleetKind.UPDATES
        halves = (int.from_bytes(offer.model[at : at + 4], "little") for at in (0, 4))
        told = (
            offer.number,
            *halves,
            kind,
            settings.most,
            offer.size,
            settings.epochs,
            settings.rate,
            offer.logit_unit,
        )
        key = self._ask(Fleet.JOIN, struct.pack(FLEET_ARGUMENTS[Fleet.JOIN].format, *told))
        self._offer = offer
        return self._key(key)

    def contribute(self, own: int, keys: Sequence[bytes]) -> np.ndarray:
        if self._offer is None:
            raise RefusalError(f"{self.name}: expected to join before it contributes")
        self._members = len(keys)
        for at, key in enumerate(keys):
            self._ask(Fleet.MEMBER, bytes([at]) + key)
        self._ask(Fleet.BEGIN, bytes([own, len(keys)]))
        made = bytearray()
        while len(made) < 4 * self._offer.size:
            block = len(made) // (4 * BLOCK)
            part = self._ask(Fleet.READ, block.to_bytes(2, "little"))
            if not part or len(part) % 4 or len(made) + len(part) > 4 * self._offer.size:
                raise RefusalError(f"{self.name}: expected values of block {block}, found {len(part)} bytes")
            made += part
        return np.frombuffer(made, "<u4").astype(np.uint32)

    def reveal(self, present: Sequence[int]) -> list[bytes]:
        bits = sum(1 << at for at in present).to_bytes(2, "little")
        count = 1 + self._members - len(present)
        return [self._key(self._ask(Fleet.REVEAL, bits + bytes([at]))) for at in range(count)]

    def _key(self, found: bytes) -> bytes:
        if len(found) != KEY:
            raise RefusalError(f"{self.name}: expected a key of {KEY} bytes, found {len(found)}")
        return found

    def _ask(self, operation: Fleet, args: bytes = b"") -> bytes:
        with told_apart():
            return self._device.command(Command.FLEET, bytes([operation]) + args)


@contextmanager
def told_apart() -> Iterator[None]:
    """A board that is silent is away; one that refuses, or says nonsense, takes no part."""
    try:
        yield
    except SilenceError as error:
        raise AwayError(str(error)) from None
    except CommandError as error:
        raise RefusalError(str(error)) from None
    except (AwayError, RefusalError):
        raise
    except UserError as error:
        raise AwayError(str(error)) from None
