"""Folders that are made once and then found again, as long as nobody has changed what is in them.

made_once(CACHE / "stages" / "train-3f9a1c07", make)   # make(scratch) runs unless the folder is there and intact
"""

import hashlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from ml.errors import UserError
from ml.progress import say

SEAL = ".sealed.json"  # file -> SHA-256 of what was made, beside it


def made_once(folder: Path, make: Callable[[Path], None]) -> bool:
    """Fills `folder` with what `make(scratch)` leaves in an empty one; False where an earlier call has done so.

    A folder whose files are not those that were made (cut, edited, removed, added) is made again, and the user is told.
    """
    if folder.is_dir():
        wrong = damage(folder)
        if wrong is None:
            return False
        say(f"{folder.name}: expected the files that were kept here, found {wrong}; making them again")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        make(made)
        (made / SEAL).write_text(json.dumps(_hashes(made), indent=1, sort_keys=True) + "\n")
        _put(made, folder, Path(scratch) / "damaged")
    return True


def remade(folder: Path, make: Callable[[Path], None], who: str) -> None:
    """Fills `folder` anew with what `make(scratch)` leaves in an empty one: all of it or, on any error, nothing.

    UserError where the folder holds anything but what an earlier call has left there, unchanged; `who` names the
    command that fills such folders.
    """
    folder = folder.resolve()
    refuse_others(folder, who)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        make(made)
        (made / SEAL).write_text(json.dumps(_hashes(made), indent=1, sort_keys=True) + "\n")
        if folder.is_dir():
            refuse_others(folder, who)
            folder.replace(Path(scratch) / "before")
        made.replace(folder)


def refuse_others(folder: Path, who: str) -> None:
    """UserError unless `remade` may fill the folder: ask before the work that it takes."""
    if folder.is_dir() and not any(folder.iterdir()):
        return
    found = "a file" if folder.is_file() else damage(folder) if folder.is_dir() else None
    if found:
        raise UserError(
            f"{folder}: expected a new or empty folder, or what {who} left there, found {found}; name another"
        )


def _put(made: Path, folder: Path, aside: Path) -> None:
    if folder.is_dir() and damage(folder) is not None:
        folder.replace(aside)
    if not folder.is_dir():  # else another process was faster with the same
        made.replace(folder)


def damage(folder: Path) -> str | None:
    """What is not as it was made, None where everything is."""
    try:
        kept = json.loads((folder / SEAL).read_text())
        found = _hashes(folder)
    except (OSError, ValueError, RecursionError):
        return f"no readable {SEAL}"
    if kept == found:
        return None
    names = sorted(kept.keys() | found.keys()) if isinstance(kept, dict) else []
    changed = next((name for name in names if kept.get(name) != found.get(name)), SEAL)
    state = "missing" if changed not in found else "changed" if changed in kept else "added"
    return f"{changed} {state}"


def kept_files(folder: Path) -> list[Path]:
    """What was made, in the order of the names."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / SEAL)


def _hashes(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): _hash(path) for path in kept_files(folder)}


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
