"""The fields of a manifest. Written by `python -m ml link --write` from lib/update/manifest.toml: change it there."""

from enum import IntEnum
from typing import NamedTuple

MANIFEST_FORMAT = 1  # of the manifest
MANIFEST_MAX = 384  # bytes of a manifest
SIGNATURE = 64  # bytes: EdDSA with BLAKE2b over the manifest's bytes
PUBLIC_KEY = 32  # bytes
KEY_ID = 4  # bytes: the first of the BLAKE2b-256 of the public key
BASE_ID = 8  # bytes: the first of the base's digest


class Kind(IntEnum):
    """Of the payload."""

    IMAGE = 0
    ARRAYS = 1
    FIRMWARE = 2


class Field(IntEnum):
    """Keys of the map."""

    FORMAT = 1
    PRODUCT = 2
    APP = 3
    POINTER = 4
    KIND = 5
    VERSION = 6
    COUNTER = 7
    DIGEST = 8
    SIZE = 9
    KEY = 10
    TRIAL = 11
    KERNELS = 12
    ARENA = 13
    STATE = 14
    WINDOW = 15
    PARAMS = 16
    BASE = 17
    PAYLOAD = 18


class Bounds(NamedTuple):
    """Of a uint's value, of the length of text and bytes, of the number of pairs."""

    type: str
    least: int
    most: int
    when: str  # always, image or change


FIELDS = {
    Field.FORMAT: Bounds("uint", 1, 1, "always"),
    Field.PRODUCT: Bounds("text", 1, 31, "always"),
    Field.APP: Bounds("text", 1, 31, "always"),
    Field.POINTER: Bounds("uint", 4, 8, "always"),
    Field.KIND: Bounds("uint", 0, 2, "always"),
    Field.VERSION: Bounds("text", 1, 23, "always"),
    Field.COUNTER: Bounds("uint", 1, 4294967295, "always"),
    Field.DIGEST: Bounds("bytes", 32, 32, "always"),
    Field.SIZE: Bounds("uint", 1, 4294967295, "always"),
    Field.KEY: Bounds("bytes", 4, 4, "always"),
    Field.TRIAL: Bounds("uint", 1, 65535, "always"),
    Field.KERNELS: Bounds("pairs", 0, 32, "image"),
    Field.ARENA: Bounds("uint", 0, 4294967295, "image"),
    Field.STATE: Bounds("uint", 0, 4294967295, "image"),
    Field.WINDOW: Bounds("uint", 0, 4294967295, "image"),
    Field.PARAMS: Bounds("uint", 0, 4294967295, "image"),
    Field.BASE: Bounds("bytes", 8, 8, "change"),
    Field.PAYLOAD: Bounds("uint", 0, 4294967295, "change"),
}
