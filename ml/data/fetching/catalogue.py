"""datasets/catalogue.toml."""

import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

from ml.data.untrusted import read_bytes
from ml.errors import UserError
from ml.paths import ROOT

CATALOGUE = ROOT / "datasets" / "catalogue.toml"
NAME = re.compile(r"[a-z0-9][a-z0-9_]{0,40}")
SHA256 = re.compile(r"[0-9a-f]{64}")
KINDS = ("zip", "tar")
LARGEST = 64 << 30  # bytes of anything


@dataclass(frozen=True)
class Entry:
    """One data set that can be fetched."""

    name: str
    url: str
    kind: str  # "zip" or "tar", the latter compressed or not
    unpacked: int  # bytes at most
    licence: str
    source: str
    about: str
    cite: str = ""
    then: str = ""  # the next command
    size: int | None = None  # bytes of the archive
    sha256: str | None = None

    def __post_init__(self) -> None:
        wrong = (
            not NAME.fullmatch(self.name)
            or urlsplit(self.url).scheme not in ("http", "https")
            or self.kind not in KINDS
            or not 0 < self.unpacked <= LARGEST
            or (self.size is not None and not 0 < self.size <= LARGEST)
            or (self.sha256 is not None and not SHA256.fullmatch(self.sha256))
        )
        if wrong:
            raise UserError(
                f"catalogue: expected a name, http(s) url, kind, sizes and sha256, found {self.name!r} wrong"
            )


def read_catalogue(path: Path = CATALOGUE) -> dict[str, Entry]:
    """Name -> entry, in the file's order."""
    try:
        tables = tomllib.loads(read_bytes(path).decode())
        known = {field.name for field in fields(Entry)}
        strange = {f"{name}.{key}" for name, table in tables.items() for key in table if key not in known}
        if strange:
            raise ValueError(f"unknown {', '.join(sorted(strange))}")
        return {name: Entry(name=name, **table) for name, table in tables.items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(
            f"{path}: expected a catalogue, cannot read it ({' '.join(str(error).split())[:150]})"
        ) from None


def find(name: str, path: Path = CATALOGUE) -> Entry:
    catalogue = read_catalogue(path)
    if name not in catalogue:
        raise UserError(f"expected one of {', '.join(catalogue)}, found {name!r}; `python -m ml data fetch` lists them")
    return catalogue[name]
