"""The manifest of an update: what a signature covers. Its fields are those of lib/update/manifest.toml.

It is a CBOR map that is written in one way only (RFC 8949, 4.2). `parse` takes bytes of strangers: whatever is not as
`encode` would write it raises UpdateError.
"""

import re
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any

import cbor2

from ml.update.errors import UpdateError
from ml.update.numbers import FIELDS, MANIFEST_FORMAT, MANIFEST_MAX, Bounds, Field, Kind

TEXT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*")
MOST_OF_A_PAIR = 0xFFFF
PYTHON = {"uint": int, "text": str, "bytes": bytes, "pairs": list}


@dataclass(frozen=True)
class Manifest:
    """Sizes are in bytes. The fields behind `trial` are None where the kind has none of them."""

    product: str
    app: str
    pointer: int  # bytes of one
    kind: Kind
    version: str
    counter: int
    digest: bytes  # BLAKE2b-256 of the image that comes out
    size: int  # of the image that comes out
    key: bytes  # id of the key that signs
    trial: int  # windows
    kernels: tuple[tuple[int, int], ...] | None = None  # (id, version)
    arena: int | None = None
    state: int | None = None
    window: int | None = None
    params: int | None = None
    base: bytes | None = None  # the first bytes of its digest
    payload: int | None = None  # None: `size`

    @property
    def is_firmware(self) -> bool:
        """Not a model."""
        return self.kind == Kind.FIRMWARE

    @property
    def payload_size(self) -> int:
        """Bytes that are sent."""
        return self.size if self.payload is None else self.payload

    def encode(self) -> bytes:
        """The bytes that are signed; UpdateError if a board would refuse them."""
        values = {Field.FORMAT: MANIFEST_FORMAT} | {field: getattr(self, field.name.lower()) for field in NAMED}
        if self.kernels is not None:
            values[Field.KERNELS] = list(chain(*self.kernels))
        present = {int(field): value for field, value in values.items() if value is not None}
        encoded = cbor2.dumps(present | {int(Field.KIND): int(self.kind)}, canonical=True)
        if len(encoded) > MANIFEST_MAX:
            raise UpdateError(f"expected a manifest of at most {MANIFEST_MAX} bytes, found {len(encoded)}")
        _check(present)
        return encoded

    @classmethod
    def parse(cls, data: bytes) -> "Manifest":
        """The manifest that has exactly these bytes."""
        values = _map(data)
        _check(values)
        found: dict[str, Any] = {field.name.lower(): values.get(field) for field in NAMED}
        if (kernels := found["kernels"]) is not None:
            found["kernels"] = tuple(zip(kernels[::2], kernels[1::2], strict=True))
        found["kind"] = Kind(values[Field.KIND])
        made = cls(**found)
        if made.encode() != data:
            raise UpdateError("expected a manifest in deterministic CBOR, found the same written in another way")
        return made


NAMED = [field for field in FIELDS if field != Field.FORMAT]


def _map(data: bytes) -> dict:
    if len(data) > MANIFEST_MAX:
        raise UpdateError(f"expected a manifest of at most {MANIFEST_MAX} bytes, found {len(data)}")
    try:
        found = cbor2.loads(data)
    except Exception as error:  # hostile CBOR raises whatever the types that it names raise
        raise UpdateError(f"expected a manifest in CBOR, found none ({type(error).__name__})") from None
    if type(found) is not dict or any(type(key) is not int for key in found):
        raise UpdateError("expected a manifest, a map with numbers as keys, found something else")
    return found


def _check(values: dict) -> None:
    """UpdateError unless these are the fields of the kind that they state, each within its bounds."""
    for key in values:
        if key not in FIELDS:
            raise UpdateError(f"expected fields of manifests that this program knows, found the key {str(key)[:20]}")
    kind = values.get(Field.KIND)
    for field, bounds in FIELDS.items():
        wanted = bounds.when in ("always", "image" if kind == Kind.IMAGE else "change")
        if wanted != (field in values):
            raise UpdateError(
                f"expected {'a' if wanted else 'no'} field {field.name} in such a manifest, found otherwise"
            )
        if wanted and (refusal := _refusal(values[field], bounds)):
            raise UpdateError(f"manifest: {field.name}: expected {refusal}, found something else")


def _refusal(value: Any, bounds: Bounds) -> str:
    """What it should have been; "" if it is."""
    kind, least, most, _ = bounds
    right = isinstance(value, PYTHON[kind]) and type(value) is not bool
    size = value if isinstance(value, int) else len(value) if isinstance(value, str | bytes | list) else 0
    if kind == "pairs":
        return "" if right and least <= size / 2 <= most and _pairs(value) else f"{least} to {most} rising pairs"
    if not right or not least <= size <= most or (isinstance(value, str) and not TEXT.fullmatch(value)):
        return f"{kind}, {least} to {most}" if least != most else f"{kind}, {least}"
    return ""


def _pairs(values: Any) -> bool:
    """Id, version, id, version, ... with rising ids."""
    whole = all(type(value) is int and 1 <= value <= MOST_OF_A_PAIR for value in values)
    return len(values) % 2 == 0 and whole and all(one < other for one, other in pairwise(values[::2]))
