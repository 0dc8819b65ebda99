"""Update files (.tmu): a manifest, its signature and the payload. Whatever a file holds, reading ends in one line."""

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import monocypher

from ml.files import replace_file
from ml.update.errors import UpdateError
from ml.update.manifest import Manifest
from ml.update.numbers import KEY_ID, MANIFEST_MAX, SIGNATURE, Kind

MAGIC = b"TMU1"
HEAD = struct.Struct("<4sH")
MOST = 1 << 24  # bytes of a payload that a file may have: no slot is larger
SIZE_OF_A_DIGEST = 32


def digest(data: bytes) -> bytes:
    """BLAKE2b-256."""
    return hashlib.blake2b(data, digest_size=SIZE_OF_A_DIGEST).digest()


def key_id(public: bytes) -> bytes:
    """By which a manifest names the key that signed it."""
    return digest(public)[:KEY_ID]


@dataclass(frozen=True)
class Update:
    """What a board is sent. It proves nothing before `verify`."""

    manifest: Manifest
    signed: bytes  # the manifest's bytes
    signature: bytes
    payload: bytes

    @property
    def sent(self) -> int:
        """Bytes that go to a board, without those of the link."""
        return len(self.signed) + len(self.signature) + len(self.payload)

    def encode(self) -> bytes:
        """The bytes of the file."""
        return HEAD.pack(MAGIC, len(self.signed)) + self.signed + self.signature + self.payload

    def write(self, path: Path) -> None:
        """The whole file or none."""
        replace_file(path, self.encode())

    def verify(self, keys: Iterable[bytes]) -> None:
        """UpdateError unless one of these public keys signed the manifest, and the payload fits it."""
        by_id = {key_id(public): public for public in keys}
        public = by_id.get(self.manifest.key)
        if public is None:
            known = ", ".join(one.hex() for one in by_id) or "none"
            raise UpdateError(f"expected an update signed by {known}, found key {self.manifest.key.hex()}")
        if not monocypher.signature_check(self.signature, public, self.signed):
            raise UpdateError("expected the signature of its key, found another: somebody changed it; pack it again")
        if self.manifest.kind == Kind.IMAGE and digest(self.payload) != self.manifest.digest:
            raise UpdateError("expected the image that was signed, found another: it is damaged; pack it again")


def parse(data: bytes) -> Update:
    """The update that has exactly these bytes; UpdateError for all others."""
    if len(data) < HEAD.size or not data.startswith(MAGIC):
        raise UpdateError(
            "expected an update file (TMU1), found something else; make one with: python -m ml pack --sign"
        )
    _, size = HEAD.unpack_from(data)
    if size > MANIFEST_MAX or len(data) < HEAD.size + size + SIGNATURE:
        raise UpdateError("expected a whole update file, found one that was cut or damaged; copy it again")
    signed = data[HEAD.size : HEAD.size + size]
    manifest = Manifest.parse(signed)
    payload = data[HEAD.size + size + SIGNATURE :]
    if len(payload) != manifest.payload_size:
        raise UpdateError(f"expected {manifest.payload_size:,} bytes of payload, found {len(payload):,}; copy it again")
    return Update(manifest, signed, data[HEAD.size + size : HEAD.size + size + SIGNATURE], payload)


def read(path: Path) -> Update:
    """Of a file; the error names it."""
    with path.open("rb") as file:
        data = file.read(MOST + 1)
    if len(data) > MOST:
        raise UpdateError(f"{path}: expected an update file of at most {MOST:,} bytes, found more")
    try:
        return parse(data)
    except UpdateError as error:
        raise UpdateError(f"{path}: {error}") from None
