"""The inputs of a test and their right answers.

- A folder with `y_labels.csv` as MLPerf Tiny has it, lines of `file,classes,class[,bytes,stride]` without a header, and
  the files it names: each the bytes of one input, or, with `bytes` and `stride`, of windows that are taken from it.
- `held_out.npz` as `python -m ml compile APP` leaves it in build/APP.
"""

from __future__ import annotations

import csv
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.data.untrusted import lines
from ml.errors import UserError
from ml.files import inside

LABELS = "y_labels.csv"
MOST_WINDOWS = 10_000  # of a file
# What numpy and zipfile raise for damaged archives.
DAMAGED = (
    *(ArithmeticError, AttributeError, EOFError, KeyError, MemoryError, OSError, RuntimeError, SyntaxError, TypeError),
    *(ValueError, struct.error, zipfile.BadZipFile, zlib.error),
)


@dataclass(frozen=True)
class Question:
    """One file or one repetition."""

    name: str
    windows: tuple[bytes, ...]  # inputs; the mean of their results counts
    label: int
    classes: int  # that there are; 0 where nothing says


def load(path: Path) -> list[Question]:
    """UserError with the line where something is wrong."""
    made = _npz(path) if path.suffix == ".npz" else _folder(path)
    if not made:
        raise UserError(f"{path}: expected at least one input, found none; name another data set")
    size = len(made[0].windows[0])
    for question in made:
        found = {len(window) for window in question.windows} - {size}
        if found:
            raise UserError(
                f"{path}: expected {size} bytes, as the first input has, found {found.pop()} in {question.name}"
            )
    return made


def _npz(path: Path) -> list[Question]:
    arrays = _arrays(path)
    inputs, labels = arrays["inputs"], arrays["labels"]
    if inputs.ndim < 2 or inputs.dtype.name not in ("int8", "uint8", "float32"):
        raise UserError(
            f"{path}: expected `inputs` of int8, uint8 or float32, one in each row, found {inputs.dtype} {inputs.shape}"
        )
    if labels.shape != inputs.shape[:1] or labels.dtype.kind not in "iu" or labels.min(initial=0) < 0:
        raise UserError(
            f"{path}: expected `labels`, a class for each of {len(inputs)} inputs, found {labels.dtype} {labels.shape}"
        )
    classes = arrays["classes"].size if "classes" in arrays else 0
    rows = enumerate(zip(inputs, labels, strict=True))
    return [Question(f"row {number}", (one.tobytes(),), int(label), classes) for number, (one, label) in rows]


def _arrays(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in ("inputs", "labels", "classes") if name in arrays}
    except DAMAGED as error:
        raise UserError(f"{path}: expected arrays `inputs` and `labels`, cannot read them ({error})") from None
    if not {"inputs", "labels"} <= set(found):
        raise UserError(f"{path}: expected arrays `inputs` and `labels`, found {', '.join(found) or 'neither'}")
    return found


def _folder(path: Path) -> list[Question]:
    file = path / LABELS
    try:
        rows = list(csv.reader(lines(file)))
    except csv.Error as error:
        raise UserError(f"{file}: expected lines file,classes,class, cannot read them ({error})") from None
    return [_question(path, file, number, row) for number, row in enumerate(rows, 1) if row]


def _question(root: Path, file: Path, number: int, row: list[str]) -> Question:
    try:
        classes, label = int(row[1]), int(row[2])
        size, stride = (int(row[3]), int(row[4])) if len(row) > 3 else (0, 1)
        if not 0 <= label < classes or size < 0 or stride < 1:
            raise ValueError
    except (IndexError, ValueError):
        raise UserError(
            f"{file}: expected file,classes,class[,bytes,stride] in line {number}, found {','.join(row)[:60]!r}"
        ) from None
    data = _bytes(root, row[0])
    if data is None:
        raise UserError(f"{file}: expected a file inside its folder in line {number}, found {row[0][:60]!r}")
    windows = [data[at : at + size] for at in range(0, len(data) - size + 1, stride)] if size else [data]
    if not windows or len(windows) > MOST_WINDOWS:
        raise UserError(
            f"{file}: expected 1 to {MOST_WINDOWS} windows of {size} bytes in line {number}, found {len(windows)}"
        )
    return Question(row[0], tuple(windows), label, classes)


def _bytes(root: Path, name: str) -> bytes | None:
    """Of the file with that name, unless it is none of the folder's."""
    try:
        path = inside(root, name)
        return path.read_bytes() if path.is_file() else None
    except (OSError, UserError):  # not the folder's, or not ours to read
        return None
