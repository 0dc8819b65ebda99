"""The product of the tests: its keys, its firmware, and signed updates of committed models. The keys are no secret."""

import hashlib
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
STRANGERS = Keys("test", (_pair("a stranger"),))


def flags(folder: Path) -> str:
    """Build flags of firmware that believes KEYS; `folder` keeps the header."""
    header = folder / "test_update_keys.h"
    if not header.is_file():
        header.write_text(KEYS.header())
    return f"'-D UPDATE_KEYS_HEADER=\"{header}\"'"


@cache
def packed(app: str, host: bool = False) -> Packed:
    """A committed model."""
    return pack(committed_header(app), host=host)




def update(app: str, counter: int, keys: Keys = KEYS, host: bool = False, trial: int = 2, **more) -> Update:
    """A committed model, signed."""
    return sign(packed(app, host), keys, Release(counter, f"v{counter}", trial), **more)
