"""The cache of the pipeline's stages. Its key is the input of a stage: a second run repeats only what has changed.

folder = stage("train", {"data": dataset.hash, "seed": 0}, code, make)   # make(folder) runs unless it ran before
"""

import functools
import hashlib
import json
import platform
import sys
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path

from ml.files import plain
from ml.kept import made_once
from ml.paths import CACHE, ROOT
from ml.progress import say

STAGES = CACHE / "stages"
DECIDING = (  # packages whose version may change a result; another version makes every stage again
    *("ai-edge-litert", "keras", "librosa", "numpy", "pandas", "scikit-learn", "scipy", "soundfile"),
    *("tensorflow", "tensorflow-cpu", "tflite", "tflite-micro"),
)
_checked: set[Path] = set()  # folders that this process has made, or found intact and told the user of


def stage(name: str, inputs: dict, code: Iterable[Path], make: Callable[[Path], None]) -> Path:
    """The folder that `make` filled, now or in an earlier run with equal inputs, code and packages.

    `inputs` holds what JSON or dataclasses hold; `code` is files and folders of the sources that decide the result.
    What an earlier run left counts only if it is still, byte for byte, what that run made.
    """
    folder = STAGES / f"{name}-{key(inputs, code)}"
    if folder not in _checked:
        made = made_once(folder, lambda scratch: _announced(name, make, scratch))
        if not made:
            say(f"{name}: as before")
    _checked.add(folder)
    return folder


def _announced(name: str, make: Callable[[Path], None], scratch: Path) -> None:
    say(f"{name} ...")
    make(scratch)


def key(inputs: dict, code: Iterable[Path]) -> str:
    """16 hex digits that stand for inputs, sources and the packages that decide a result."""
    digest = hashlib.sha256(json.dumps([inputs, versions()], sort_keys=True, default=plain).encode())
    for source in _sources(tuple(code)):
        digest.update(source.relative_to(ROOT).as_posix().encode() + b"\0" + _content(source))
    return digest.hexdigest()[:16]


@functools.cache
def versions() -> dict[str, str]:
    """Of Python, of the machine's kind and of every package that decides a result, where it is installed."""
    found = {"python": ".".join(map(str, sys.version_info[:2])), "machine": platform.machine()}
    for package in DECIDING:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


# As this process found them: a later edit does not change what runs.
@functools.cache
def _content(source: Path) -> bytes:
    return source.read_bytes()


@functools.cache
def _sources(code: tuple[Path, ...]) -> list[Path]:
    found = {file for path in code for file in (path.rglob("*") if path.is_dir() else [path])}
    return sorted(file for file in found if file.suffix in (".py", ".c", ".h"))
