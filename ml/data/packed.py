"""A data set whose recordings lie in zip archives beside its manifest, as a folder of files: unpacked once."""

import hashlib
from pathlib import Path

from ml.data.imports.foreign import Notes
from ml.data.imports.joining import ARCHIVE, MANIFEST, join
from ml.data.rows import read_values
from ml.errors import UserError
from ml.files import inside
from ml.kept import made_once
from ml.paths import CACHE
from ml.progress import say

INSIDE = f"{ARCHIVE}/"


def unpacked(folder: Path) -> Path:
    """The folder itself where no recording is in an archive."""
    manifest = Path(folder) / MANIFEST
    archives = _archives(manifest)
    if not archives:
        return folder
    digest = hashlib.sha256(manifest.read_bytes())
    for path in archives:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    place = CACHE / "unpacked" / digest.hexdigest()[:16]
    made_once(place, lambda scratch: _join(Path(folder), scratch / "data"))
    return place / "data"


def _join(folder: Path, target: Path) -> None:
    notes = Notes()
    join([folder], target, notes)
    for note in notes.all():
        say(f"note: {note}")


def _archives(manifest: Path) -> list[Path]:
    try:
        text = manifest.read_text(errors="replace")
    except (OSError, ValueError):
        return []
    if INSIDE not in text.casefold():
        return []
    names = {row["file"] for row in read_values(manifest, {"rate": "sample_rate_hz"})}
    found = {name[: name.casefold().index(INSIDE) + len(ARCHIVE)] for name in names if INSIDE in name.casefold()}
    paths = [inside(manifest.parent, name, manifest) for name in sorted(found)]
    paths = [path for path in paths if not path.is_dir()]  # a folder may be called so
    missing = next((path for path in paths if not path.is_file()), None)
    if missing:
        raise UserError(f"{manifest}: expected the archive {missing.name}, which it names, found none; put it there")
    return paths
