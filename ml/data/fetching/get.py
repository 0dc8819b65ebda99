"""Fetches one entry of the catalogue: download, prove, unpack. The folder appears whole or not at all."""

import hmac
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from ml.data.fetching.catalogue import Entry
from ml.data.fetching.download import download, sha256
from ml.data.fetching.unpack import unpack
from ml.errors import UserError
from ml.files import write_json

SOURCE = "source.json"

Confirm = Callable[[str], bool]  # shown what was computed; True: the user knows it to be right


def fetch(entry: Entry, folder: Path, confirm: Confirm, bar: Callable, wait_s: float = 1.0) -> int:
    """Unpacks the entry into `folder`, which must not be there; returns the number of files.

    `bar(what)` is a context that gives a `progress(done, total)`. What was downloaded stays until it is proven.
    """
    if folder.exists():
        raise UserError(
            f"{folder}: expected no such folder, found one: it is fetched already; delete it to fetch it again"
        )
    archive = folder.with_name(f"{entry.name}.{entry.kind}")
    if not archive.exists():
        with bar("downloading") as progress:
            download(entry.url, archive, entry.size, progress, wait_s)
    with bar("checking") as progress:
        found = sha256(archive, progress)
    _prove(entry, archive, found, confirm)
    files = _unpack(entry, archive, folder, found, bar)
    archive.unlink()
    return files


def _prove(entry: Entry, archive: Path, found: str, confirm: Confirm) -> None:
    """A wrong file is deleted; one that nobody knows the sum of is kept for the next try."""
    if entry.sha256 is None:
        if not confirm(found):
            raise UserError(
                f"{entry.name}: expected somebody to vouch for {archive.stat().st_size} bytes of SHA-256 {found}: the "
                f"catalogue knows no sum; if it is right, say --accept {found}"
            )
    elif not hmac.compare_digest(found, entry.sha256):
        archive.unlink()
        raise UserError(
            f"{entry.name}: expected SHA-256 {entry.sha256}, found {found}: damaged or another file; it was deleted, "
            "fetch it again"
        )


def _unpack(entry: Entry, archive: Path, folder: Path, found: str, bar: Callable) -> int:
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch, bar("unpacking") as progress:
        made = Path(scratch) / "made"
        made.mkdir()
        files = unpack(archive, made, entry.kind, entry.unpacked, lambda done: progress(done, None))
        only = list(made.iterdir())
        made = only[0] if len(only) == 1 and only[0].is_dir() else made  # a folder around everything says nothing
        write_json(made / SOURCE, asdict(entry) | {"sha256": found})
        made.replace(folder)
    return files
