"""What to ask, and what the right answer is.

- A folder with `y_labels.csv` as MLPerf Tiny has it, lines of `file,classes,class[,bytes,stride]` without a header, and
  the files it names: each the bytes of one input, or, with `bytes` and `stride`, of windows that are taken from it.
- `held_out.npz` as `python -m ml compile APP` leaves it in build/APP.
"""

from __future__ import annotations

import csv
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.errors import UserError

LABELS = "y_labels.csv"
MOST_WINDOWS = 10_000  # of a file


@dataclass(frozen=True)
class Question:
    """One file or one repetition."""

    name: str
    windows: tuple[bytes, ...]  # inputs; the mean of their results counts
    label: int


def load(path: Path) -> list[Question]:
    """UserError with the line where something is wrong."""
    made = _npz(path) if path.suffix == ".npz" else _folder(path)
    if not made:
        raise UserError(f"{path}: expected at least one input, found none; name another data set")
    return made


def _npz(path: Path) -> list[Question]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            inputs, labels = arrays["inputs"], arrays["labels"]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise UserError(f"{path}: expected arrays `inputs` and `labels`, cannot read them ({error})") from None
    if len(inputs) != len(labels):
        raise UserError(f"{path}: expected a label for each input, found {len(inputs)} and {len(labels)}")
    rows = zip(inputs, labels, strict=True)
    return [Question(f"{number}", (one.tobytes(),), int(label)) for number, (one, label) in enumerate(rows)]


def _folder(path: Path) -> list[Question]:
    file = path / LABELS
    try:
        rows = list(csv.reader(file.read_text().splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{file}: expected lines file,classes,class, cannot read them ({error})") from None
    return [_question(path, file, number, row) for number, row in enumerate(rows, 1) if row]


def _question(root: Path, file: Path, number: int, row: list[str]) -> Question:
    try:
        label = int(row[2])
        size, stride = (int(row[3]), int(row[4])) if len(row) > 3 else (0, 1)
        if size < 0 or stride < 1:
            raise ValueError
    except (IndexError, ValueError):
        raise UserError(
            f"{file}: expected file,classes,class[,bytes,stride] in line {number}, found {','.join(row)[:60]!r}"
        ) from None
    path = (root / row[0]).resolve()
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        raise UserError(f"{file}: expected a file inside its folder in line {number}, found {row[0][:60]!r}")
    data = path.read_bytes()
    windows = [data[at : at + size] for at in range(0, len(data) - size + 1, stride)] if size else [data]
    if not windows or len(windows) > MOST_WINDOWS:
        raise UserError(f"{path}: expected 1 to {MOST_WINDOWS} windows of {size} bytes, found {len(windows)}")
    return Question(row[0], tuple(windows), label)
