"""The product of the tests: its keys, its firmware, and signed updates of committed models. The keys are no secret."""

import dataclasses
import re
import zlib
from functools import cache
from pathlib import Path

from ml.commands.pack import committed_header
from ml.files import replace_file
from ml.image import pack
from ml.image.pack import Packed
from ml.paths import CACHE
from ml.update.keys import Keys, Pair
from ml.update.package import Update
from ml.update.sign import Release, sign


def _pair(secret: str) -> Pair:
    return Pair(bytes.fromhex(secret))


_OLD = "cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4f27eaf219680ef1d5639ed5eabb34756ddf58c59e774bccee66034bea297bd65"  # noqa: E501
_NEW = "11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437849f92dde0705d058d1bab58e10f2f253d825775e7fda1b9c779b8940a6a295c"  # noqa: E501
_STRANGER = "47f9c0d1f4f93809398de81c21793667882f8430a6d6f594e647de671c3d08a178e405bb59716f1758b4c6449faa49598aa26a895ca148c247053d89c997bc2c"  # noqa: E501
KEYS = Keys("test", (_pair(_OLD), _pair(_NEW)))
HEADER = CACHE / "tests" / "test_update_keys.h"  # one place: other flags are other objects
CRC = 12  # where an image has its checksum
STRANGERS = Keys("test", (_pair(_STRANGER),))


def header() -> Path:
    """The header of KEYS."""
    text = KEYS.header().encode()
    if not HEADER.is_file() or HEADER.read_bytes() != text:
        replace_file(HEADER, text)
    return HEADER


def flags() -> str:
    """Build flags of firmware that believes KEYS."""
    return f"'-D UPDATE_KEYS_HEADER=\"{header()}\"'"


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
