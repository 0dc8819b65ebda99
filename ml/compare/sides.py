"""A side of a comparison: a commit, a folder (a work tree, or one with headers or models), a header or a `.tflite`."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ml.compare import repository
from ml.compiler.compile import compile_model
from ml.compiler.model_file import c_name, read_model
from ml.errors import UserError
from ml.paths import CACHE, ROOT

COMPILED = CACHE / "compare" / "compiled"


@dataclass(frozen=True)
class Side:
    """One of the two."""

    title: str  # for people
    headers: dict[str, Path]  # application, or a model's name -> its generated header
    lib: Path  # the libraries that it is built with
    project: Path | None = None  # where PlatformIO builds its firmware
    changed: int = 0  # files of a work tree that are not as its commit has them


def side(word: str, folder: Path) -> Side:
    """What a user means by a word that was said in a folder. A path that is also a commit's name is refused."""
    path = folder / word
    found = repository.commit(folder, word)
    if found and path.exists():
        raise UserError(f"expected one meaning of {word!r}, found a commit and a path; write ./{word} or {found[:10]}")
    if found:
        return _tree(repository.files_of(folder, found), repository.described(folder, found))
    if not path.exists():
        raise repository.unknown(folder, word)
    if path.is_file():
        return Side(word, dict([_model(path)]), ROOT / "lib")
    return _folder(path.resolve(), word)


def _folder(path: Path, word: str) -> Side:
    if (path / "lib" / "nn").is_dir():
        if not repository.is_work_tree(path):
            return _tree(path, f"folder {path.name}")
        changed = repository.changed(path)
        state = f"{changed} changed {'file' if changed == 1 else 'files'} on " if changed else ""
        return _tree(path, f"work tree, {state}{repository.described(path, 'HEAD')}", changed)
    models = sorted([*path.glob("*_model.h"), *path.glob("*/*_model.h")]) or sorted(path.glob("*.tflite"))
    if not models:
        raise UserError(f"{word}: expected lib/nn, a *_model.h or a *.tflite in this folder, found none; name another")
    return Side(word, dict(map(_model, models)), ROOT / "lib")


def _tree(path: Path, title: str, changed: int = 0) -> Side:
    headers = {made.name.removesuffix("_model.h"): made for made in sorted(path.glob("lib/*_model/*_model.h"))}
    project = path if (path / "platformio.ini").is_file() else None
    return Side(title, headers, path / "lib", project, changed)


def _model(path: Path) -> tuple[str, Path]:
    """Its name and its header, which is compiled here of a `.tflite`."""
    if path.suffix == ".h":
        return path.name.removesuffix(".h").removesuffix("_model"), path
    if path.suffix != ".tflite":
        raise UserError(f"{path}: expected a generated header (.h) or a .tflite, found neither; compile it first")
    name, content = c_name(path), read_model(path)
    folder = COMPILED / hashlib.sha256(content).hexdigest()[:16]
    return name, compile_model(content, name, folder, title=path.name).header
