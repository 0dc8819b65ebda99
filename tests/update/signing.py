"""The product of the tests: its keys, its firmware, and signed updates of committed models. The keys are no secret."""

import dataclasses
import hashlib
import re
import zlib
from functools import cache
from pathlib import Path

import monocypher

from ml.image import pack
from ml.image.command import committed_header
from ml.image.pack import Packed
from ml.update.keys import Keys, Pair
from ml.update.package import Update
from ml.update.sign import Release, sign


def _pair(name: str) -> Pair:
    seed = hashlib.sha256(name.encode()).digest()
    return Pair(seed + monocypher.compute_signing_public_key(seed))


KEYS = Keys("test", (_pair("old"), _pair("new")))
HEADER = "test_update_keys.h"
CRC = 12  # where an image has its checksum
STRANGERS = Keys("test", (_pair("a stranger"),))


def flags(folder: Path) -> str:
    """Build flags of firmware that believes KEYS; `folder` keeps the header."""
    header = folder / HEADER
    if not header.is_file():
        header.write_text(KEYS.header())
    return f"'-D UPDATE_KEYS_HEADER=\"{header}\"'"


@cache
def packed(app: str, host: bool = False) -> Packed:
    """A committed model."""
    return pack(committed_header(app), host=host)


def renamed(one: Packed) -> Packed:
    """The same model with the last letter of its hash turned: other bytes of the same length that compute the same."""
    name = re.search(rb"[0-9a-f]{16}\0", one.data)
    assert name
    data = bytearray(one.data)
    data[name.end() - 2] = ord("0") + (data[name.end() - 2] == ord("0"))
    data[CRC : CRC + 4] = zlib.crc32(data[CRC + 4 :]).to_bytes(4, "little")
    return dataclasses.replace(one, data=bytes(data))


def update(app: str, counter: int, keys: Keys = KEYS, host: bool = False, trial: int = 2, **more) -> Update:
    """A committed model, signed."""
    return signed(packed(app, host), counter, keys, trial, **more)


def signed(one: Packed, counter: int, keys: Keys = KEYS, trial: int = 2, **more) -> Update:
    return sign(one, keys, Release(counter, f"v{counter}", trial), **more)
