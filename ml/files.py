"""Files written whole or not at all, and paths that stay inside their folder."""

import contextlib
import dataclasses
import json
import secrets
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

from ml.errors import UserError

SHOWN = 80  # characters of a name that is refused


def replace_file(path: Path, content: bytes) -> None:
    """The file has this content: whoever reads it meanwhile, or writes it too, finds one whole content."""
    with replacing(path) as scratch:
        scratch.write_bytes(content)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yields where to write first, beside `path`: the file made there takes its place, with its permissions.

    Any error leaves `path` as it was and nothing of the caller's own. Other threads, processes and machines may
    replace the same file at the same time: each has a name of its own, and the last one stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        yield scratch
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
