"""Files written whole or not at all, and paths that stay inside their folder."""

import dataclasses
import json
from pathlib import Path, PureWindowsPath

from ml.errors import UserError

SHOWN = 80  # characters of a name that is refused


def replace_file(path: Path, content: bytes) -> None:
    """Writes beside `path` first and then takes its place; leaves nothing of its own when that fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.new")
    try:
        scratch.write_bytes(content)
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: object) -> None:
    """Writes JSON whole or not at all, dataclasses as their fields; the same value gives the same bytes."""
    replace_file(path, (json.dumps(value, indent=1, sort_keys=True, default=plain) + "\n").encode())


def plain(value: object) -> object:
    """A dataclass for `json.dumps(default=plain)`."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(f"expected JSON or a dataclass, found {type(value).__name__}")


def inside(folder: Path, name: str, source: object = None) -> Path:
    """The absolute path of the file that `name` means in `folder`, links followed; it need not exist yet.

    Every name that a manifest, a list, an archive or a board gives comes through here before anything is opened,
    made or removed. UserError unless the file lies inside the folder: for `..` and links that lead out, absolute
    paths, the folder itself, loops of links, NUL, and for `\\` and drive letters, which lead out on Windows.
    `source` is who gave the name, for the message; without it that is the folder.
    """
    path = None if "\\" in name or PureWindowsPath(name).drive else _resolved(folder / name)
    root = folder.resolve()
    if path is None or path == root or not path.is_relative_to(root):
        raise UserError(
            f"{source or folder}: expected files inside its folder, found {name[:SHOWN]!r}; move the file there or "
            "take the name out"
        )
    return path


def _resolved(path: Path) -> Path | None:
    """None where no file can be."""
    try:
        path = path.resolve()  # RuntimeError for a loop of links up to Python 3.12
        path.exists()  # OSError for it from 3.13 on
    except PermissionError:  # opening it says so better
        return path
    except (OSError, ValueError, RuntimeError):
        return None
    return path
