"""The data set as a page lists it; every name of a file that a page sends is looked up in the manifest."""

from pathlib import Path

from ml.data.manifest import listed
from ml.data.rows import Row
from ml.errors import UserError
from ml.files import inside


def rows(root: Path) -> list[Row]:
    """All recordings; none where nothing was recorded yet."""
    if not any((folder / "manifest.csv").is_file() for folder in (root, *root.parents)):
        return []
    if (root / "manifest.csv").is_file() and (root / "manifest.csv").read_bytes().count(b"\n") < 2:
        return []
    return listed(root)[1]


def row(root: Path, file: str) -> Row:
    """The recording of that name."""
    found = next((one for one in rows(root) if one.file == file), None)
    if found is None:
        raise UserError(f"{root}: expected a recording of its manifest, found {file[:80]!r}; load the page again")
    return found


def upload_place(root: Path, subject: str, session: str, name: str) -> Path:
    """Where a file of somebody's own goes; UserError where one of that name is there already."""
    path = inside(root, f"{subject}/{session}/{name}")
    if path.exists():
        raise UserError(f"{subject}/{session}/{name}: expected a new file, found one of that name; rename yours")
    return path
