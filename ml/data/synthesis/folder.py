"""Simulated data sets as folders with a manifest, made once and then found again.

folder = made_once(["falls", plan, seed], write)   # write(folder) -> rows of the manifest
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, is_dataclass
from pathlib import Path

import pandas as pd

from ml import kept
from ml.errors import UserError
from ml.paths import CACHE

SOURCE, LICENCE = "simulated", "Apache-2.0"


def made_once(
    inputs: list, write: Callable[[Path], Iterable[dict]], folder: Path | None = None, code: tuple[str, ...] = ("*",)
) -> Path:
    """The folder that `write` filled, now or in an earlier run with equal inputs (JSON, dataclasses) and equal code:
    the modules of this package by name, all of them unless it is said which.
    """
    if folder is None:
        folder = CACHE / "synthetic" / _key(inputs, code)
        kept.made_once(folder, lambda made: _fill(made, write))
    elif not (folder / "manifest.csv").is_file():
        _fill_new(folder, write)
    return folder


def _fill(folder: Path, write: Callable[[Path], Iterable[dict]]) -> None:
    pd.DataFrame(write(folder)).to_csv(folder / "manifest.csv", index=False)


def _fill_new(folder: Path, write: Callable[[Path], Iterable[dict]]) -> None:
    """A folder of the user's own, whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        _fill(made, write)
        try:
            made.replace(folder)
        except OSError:
            if not (folder / "manifest.csv").is_file():  # where it is, another process was faster with the same
                raise UserError(
                    f"{folder}: expected an empty or a new folder, found files in it; name another"
                ) from None


def _key(inputs: list, code: tuple[str, ...]) -> str:
    plain = [asdict(one) if is_dataclass(one) and not isinstance(one, type) else one for one in inputs]
    digest = hashlib.sha256(json.dumps(plain).encode())
    for source in sorted(path for name in code for path in Path(__file__).parent.glob(f"{name}.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]
