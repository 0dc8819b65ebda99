"""Steps of a pipeline, remembered by what went into them: a second run repeats only what has changed.

folder = stage("train", {"data": dataset.hash, "seed": 0}, code, make)   # make(folder) runs unless it ran before
"""

import dataclasses
import functools
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from ml.files import replace_file
from ml.paths import CACHE, ROOT
from ml.progress import say

STAGES = CACHE / "stages"
_told: set[Path] = set()  # folders the user has heard of in this process


def stage(name: str, inputs: dict, code: Iterable[Path], make: Callable[[Path], None]) -> Path:
    """The folder that `make` filled, now or in an earlier run with equal inputs and equal code.

    `inputs` holds what JSON or dataclasses hold; `code` is files and folders of the sources that decide the result.
    """
    folder = STAGES / f"{name}-{key(inputs, code)}"
    if folder.is_dir():
        if folder not in _told:
            say(f"{name}: as before")
        _told.add(folder)
        return folder
    say(f"{name} ...")
    STAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=STAGES) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        make(made)
        if not folder.is_dir():  # another process may have been faster
            made.replace(folder)
    _told.add(folder)
    return folder


def key(inputs: dict, code: Iterable[Path]) -> str:
    """16 hex digits that stand for inputs and sources."""
    digest = hashlib.sha256(json.dumps(inputs, sort_keys=True, default=_plain).encode())
    for source in _sources(tuple(code)):
        digest.update(source.relative_to(ROOT).as_posix().encode() + b"\0" + _content(source))
    return digest.hexdigest()[:16]


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value):
        return dataclasses.asdict(value)
    raise TypeError(f"a stage's input must be JSON or a dataclass, found {type(value).__name__}")


# As this process found them: whoever edits them meanwhile does not change what runs.
@functools.cache
def _content(source: Path) -> bytes:
    return source.read_bytes()


@functools.cache
def _sources(code: tuple[Path, ...]) -> list[Path]:
    found = {file for path in code for file in (path.rglob("*") if path.is_dir() else [path])}
    return sorted(file for file in found if file.suffix in (".py", ".c", ".h"))


def write_json(path: Path, value: object) -> None:
    """Writes JSON whole or not at all; the same value gives the same bytes."""
    replace_file(path, (json.dumps(value, indent=1, sort_keys=True, default=_plain) + "\n").encode())
