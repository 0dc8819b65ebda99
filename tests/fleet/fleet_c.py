"""The masks of lib/fleet, called from Python; ml/fleet/masks.py is the same without it."""

import ctypes
import functools
from pathlib import Path

import numpy as np

from ml.fleet.masks import RefusalError
from ml.fleet.settings import MOST, Offer
from ml.native.build import archive, load
from ml.paths import ROOT
from tests.update.monocypher_files import folder as monocypher

KEY = 32
FLEET = ROOT / "lib" / "fleet"


class CRound(ctypes.Structure):
    """fleet_round."""

    _fields_ = (
        ("round", ctypes.c_uint32),
        ("model", ctypes.c_uint8 * 8),
        ("members", ctypes.c_uint8),
        ("own", ctypes.c_uint8),
    )


class CMasks(ctypes.Structure):
    """fleet_masks."""

    _fields_ = (
        ("key", (ctypes.c_uint8 * KEY) * MOST),
        ("members", ctypes.c_uint8),
        ("own", ctypes.c_uint8),
        ("revealed", ctypes.c_bool),
    )


def cryptography() -> tuple[Path, list[str]]:
    """Monocypher, built once, and the flags to include it."""
    place = monocypher(ROOT / ".cache")
    flags = [f"-isystem{place}", "-DBLAKE2_NO_UNROLLING"]
    return archive("monocypher", [place / "monocypher.c"], flags=[*flags, "-Wno-conversion"]), flags


@functools.cache
def library() -> ctypes.CDLL:
    built, flags = cryptography()
    made = load(
        "fleet_masks",
        [FLEET / "src/mask.c", built],
        includes=[FLEET / "include"],
        flags=flags,
        structures={"fleet_round": CRound, "fleet_masks": CMasks},
    )
    made.fleet_begin.restype = made.fleet_mask.restype = ctypes.c_bool
    made.fleet_reveal.restype = ctypes.c_uint8
    return made


def public(seed: bytes, number: int) -> bytes:
    key = (ctypes.c_uint8 * KEY)()
    library().fleet_public(seed, ctypes.c_uint32(number), key)
    return bytes(key)


class Device:
    """One board's masks of a round."""

    def __init__(self, seed: bytes, offer: Offer, own: int, keys: list[bytes]) -> None:
        self.masks, self.members = CMasks(), len(keys)
        told = CRound(offer.number, (ctypes.c_uint8 * 8)(*offer.model), len(keys), own)
        self.begun = library().fleet_begin(ctypes.byref(self.masks), seed, ctypes.byref(told), b"".join(keys))

    def hidden(self, values: np.ndarray) -> np.ndarray:
        """RefusalError: refused, and nothing of the values is left."""
        made = np.array(values).astype(np.int64).astype(np.uint32)
        for block in range(0, len(made), 16):
            part = np.ascontiguousarray(made[block : block + 16])
            if not library().fleet_mask(ctypes.byref(self.masks), block // 16, part.ctypes, len(part)):
                assert not part.any()
                raise RefusalError("the device has no masks")
            made[block : block + 16] = part
        return made

    def reveal(self, present: list[int]) -> list[bytes]:
        keys = ((ctypes.c_uint8 * KEY) * MOST)()
        bits = sum(1 << at for at in present)
        count = library().fleet_reveal(ctypes.byref(self.masks), ctypes.c_uint16(bits), keys)
        return [bytes(key) for key in keys[:count]]
