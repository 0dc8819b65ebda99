"""Key pairs of a product: where they are, who may read them, and the header for its firmware.

Private keys are in one file a product, `<folder>/<product>.json`, which only its owner may read and which is never
inside a repository. A product has one pair, and two while keys are exchanged; the last one signs.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import monocypher
import platformdirs

from ml.errors import UserError
from ml.files import replacing
from ml.paths import ROOT
from ml.update.manifest import TEXT
from ml.update.numbers import FIELDS, PUBLIC_KEY, Field
from ml.update.package import Update, key_id

SECRET = 64  # bytes: the seed, then the public key, as Monocypher has it
MOST_KEYS = 2
OTHERS_MAY = 0o077
HEADER = """// Public keys of {product} for its firmware; written by `python -m ml keys`.
#ifndef UPDATE_KEYS_H
#define UPDATE_KEYS_H

#define UPDATE_PRODUCT {quoted}
#define UPDATE_PUBLIC_KEY_COUNT {count}
// clang-format off
#define UPDATE_PUBLIC_KEYS {{ \\
{rows}
}}
// clang-format on

#endif
"""


@dataclass(frozen=True)
class Pair:
    """`secret` is 64 bytes and never printed."""

    secret: bytes

    @classmethod
    def new(cls) -> "Pair":
        return cls(monocypher.generate_signing_key_pair()[0])

    @property
    def public(self) -> bytes:
        return monocypher.compute_signing_public_key(self.secret)

    @property
    def id(self) -> bytes:
        return key_id(self.public)

    def __repr__(self) -> str:
        return f"Pair({self.id.hex()})"

    def sign(self, manifest: bytes) -> bytes:
        """64 bytes."""
        return monocypher.signature_sign(self.secret, manifest)


@dataclass(frozen=True)
class Keys:
    """Of a product, the oldest first."""

    product: str
    pairs: tuple[Pair, ...]

    def pair(self, key: str | None = None) -> Pair:
        """The newest, or the one of that id in hex."""
        found = [pair for pair in self.pairs if key in (None, pair.id.hex())]
        if not found:
            known = ", ".join(pair.id.hex() for pair in self.pairs)
            raise UserError(f"expected a key of {self.product} ({known}), found {key!r}; name one of them")
        return found[-1]

    def header(self) -> str:
        """update_keys.h for the firmware."""
        rows = ["    {" + ", ".join(f"0x{byte:02X}" for byte in pair.public) + "}, \\" for pair in self.pairs]
        told = {"product": self.product, "quoted": json.dumps(self.product), "count": len(rows)}
        return HEADER.format(rows="\n".join(rows), **told)

    def verify(self, update: Update) -> None:
        """UpdateError unless a board of this product would take its signature."""
        update.verify(pair.public for pair in self.pairs)


def folder() -> Path:
    """$THIMBLE_KEYS, or in the user's settings."""
    given = os.environ.get("THIMBLE_KEYS")
    return Path(given).expanduser() if given else platformdirs.user_config_path("thimble") / "keys"


def path_of(product: str) -> Path:
    """Where the keys of a product are; UserError for a name that a manifest could not have."""
    if not TEXT.fullmatch(product) or len(product) > FIELDS[Field.PRODUCT].most:
        most = FIELDS[Field.PRODUCT].most
        raise UserError(f"expected a product of 1 to {most} characters A-Z a-z 0-9 _ . + -, found {product[:40]!r}")
    return folder() / f"{product}.json"


def products() -> list[str]:
    """Whose keys there are."""
    return sorted(path.stem for path in folder().glob("*.json"))


def read(name: str) -> Keys:
    """Of a product, or of a file with a path."""
    path = Path(name) if os.sep in name or name.endswith(".json") else path_of(name)
    if not path.is_file():
        known = ", ".join(products()) or "none"
        raise UserError(
            f"{path}: expected keys, found no such file (products: {known}); make them: python -m ml keys new"
        )
    if os.name == "posix" and path.stat().st_mode & OTHERS_MAY:
        raise UserError(f"{path}: expected a file that only its owner may read, found others may; chmod 600 it")
    return _parsed(path, path.read_bytes())


def _parsed(path: Path, data: bytes) -> Keys:
    try:
        found = json.loads(data)
        pairs = tuple(Pair(bytes.fromhex(text)) for text in found["secret"])
        keys = Keys(str(found["product"]), pairs)
        sound = 1 <= len(pairs) <= MOST_KEYS and all(_sound(pair) for pair in pairs) and TEXT.fullmatch(keys.product)
    except (ValueError, KeyError, TypeError, RecursionError):
        sound, keys = False, None
    if not sound or keys is None:
        raise UserError(
            f"{path}: expected keys that `python -m ml keys` wrote, found something else; take your copy of it"
        )
    return keys


def _sound(pair: Pair) -> bool:
    """The public half belongs to the other."""
    return len(pair.secret) == SECRET and pair.public == pair.secret[-PUBLIC_KEY:]


def write(keys: Keys, new: bool) -> Path:
    """The whole file or none, with mode 600 from its first byte on; refuses a path inside a repository."""
    path = path_of(keys.product)
    _check_outside(path)
    if new and path.exists():
        raise UserError(f"{path}: expected no keys of {keys.product} yet, found some; see: python -m ml keys rotate")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = json.dumps({"product": keys.product, "secret": [pair.secret.hex() for pair in keys.pairs]}) + "\n"
    with (
        replacing(path) as scratch,
        os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file,
    ):
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return path


def _check_outside(path: Path) -> None:
    resolved = path.resolve()
    inside = [parent for parent in resolved.parents if parent == ROOT.resolve() or (parent / ".git").exists()]
    if inside:
        raise UserError(
            f"{path}: expected a folder outside every repository for private keys, found {inside[0]}; "
            "set THIMBLE_KEYS to another one"
        )
