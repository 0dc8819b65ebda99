"""Makes an update of a model image: manifest, payload and signature. The same input gives the same bytes."""

from dataclasses import dataclass
from pathlib import Path

from ml.errors import UserError
from ml.image.pack import HEAD, MAGIC, Packed
from ml.update import arrays
from ml.update.errors import UpdateError
from ml.update.keys import Keys
from ml.update.manifest import Manifest
from ml.update.numbers import BASE_ID, Kind
from ml.update.package import Update, digest


@dataclass(frozen=True)
class Release:
    """What the owner of a product says of an image."""

    counter: int  # above that of every image before it
    version: str  # for people
    trial: int  # windows


def sign(packed: Packed, keys: Keys, release: Release, *, key: str | None = None, base: bytes | None = None) -> Update:
    """`key`: id in hex of the one that signs, the newest when left out. `base`: an image that the board has."""
    pair = keys.pair(key)
    payload = packed.data if base is None else _changes(base, packed.data)
    manifest = Manifest(
        product=keys.product,
        app=packed.name,
        pointer=packed.pointer,
        kind=Kind.IMAGE if base is None else Kind.ARRAYS,
        version=release.version,
        counter=release.counter,
        digest=digest(packed.data),
        size=len(packed.data),
        key=pair.id,
        trial=release.trial,
        **(_needs(packed) if base is None else {"base": digest(base)[:BASE_ID], "payload": len(payload)}),
    )
    signed = manifest.encode()
    return Update(manifest, signed, pair.sign(signed), payload)


def _needs(packed: Packed) -> dict:
    """Of the firmware."""
    kernels = tuple((kernel.id, kernel.version) for kernel in packed.kernels)
    return {"kernels": kernels} | {name: getattr(packed, name) for name in ("arena", "state", "window", "params")}


def _changes(base: bytes, image: bytes) -> bytes:
    payload = arrays.changes(base, image)
    if not payload:
        raise UpdateError("expected an image that differs from its base, found the same; there is nothing to send")
    if len(payload) >= len(image):
        raise UpdateError(f"expected changes that are smaller than the image, found {len(payload):,} bytes; no --base")
    return payload


def read_image(path: Path) -> bytes:
    """Of a .tmb that `python -m ml pack` made."""
    data = path.read_bytes()
    if len(data) < HEAD.size or not data.startswith(MAGIC):
        raise UserError(
            f"{path}: expected a model image (.tmb), found something else; make one with: python -m ml pack"
        )
    return data
