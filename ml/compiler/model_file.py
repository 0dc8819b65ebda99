"""A `.tflite` that somebody names on a command line."""

from __future__ import annotations

import re
from pathlib import Path

from ml.errors import UserError
from ml.paths import ROOT


def model_path(what: str) -> Path:
    """A file that somebody names, or the committed one of an application."""
    committed = ROOT / "lib" / f"{what}_model" / f"{what}_model.tflite"
    return committed if re.fullmatch(r"[a-z0-9_]+", what) and committed.is_file() else Path(what)


def read_model(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: expected a readable .tflite file, found: {error.strerror}; check the path") from error


def c_name(path: Path) -> str:
    """A C identifier from a file name: 3x3-Net.tflite becomes model_3x3_net."""
    plain = re.sub(r"[^a-z0-9]+", "_", path.stem.lower()).strip("_") or "model"
    return plain[:64] if plain[0].isalpha() else f"model_{plain}"[:64]
