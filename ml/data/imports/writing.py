"""Writes recordings as a data set: files by subject, and the manifest. The folder appears whole or not at all."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from ml.data.audio import write_audio
from ml.data.imports.foreign import Foreign
from ml.data.recordings import saturate
from ml.errors import UserError

DECIMALS = 6


def write_data_set(folder: Path, takes: list[Foreign], source: str, licence: str) -> Path:
    """Recordings with our columns -> folder with a manifest.csv. The folder must be new or empty."""
    if not takes:
        raise UserError(f"{folder}: expected recordings to write, found none")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        rows = [
            _write(made, number, one) | {"source": source, "licence": licence} for number, one in enumerate(takes, 1)
        ]
        pd.DataFrame(rows).fillna("").to_csv(made / "manifest.csv", index=False)
        place(made, folder)
    return folder


def place(made: Path, folder: Path) -> None:
    """Moves a finished folder to where it belongs."""
    try:
        made.replace(folder)
    except OSError:
        raise UserError(f"{folder}: expected an empty or a new folder, found files in it; name another") from None


def _write(folder: Path, number: int, one: Foreign) -> dict:
    sound = one.names == ("audio",)
    file = Path(one.subject) / f"{number:05d}_{one.label.replace(' ', '_')}.{'wav' if sound else 'csv'}"
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    if sound:
        write_audio(path, saturate(one.values[:, 0]), round(one.known_hz))
    else:
        _table(one).to_csv(path, index=False)
    row = {
        "file": file.as_posix(),
        "label": one.label,
        "subject": one.subject,
        "sample_rate_hz": f"{one.known_hz:.10g}",
    }
    return row | {name: _one_line(text) for name, text in one.more.items()}


def _table(one: Foreign) -> pd.DataFrame:
    time = {} if one.time_us is None else {"timestamp_us": np.rint(one.time_us).astype(np.int64)}
    columns = {name: one.values[:, index] for index, name in enumerate(one.names)}
    return pd.DataFrame(time | columns).round(DECIMALS)


def _one_line(text: str) -> str:
    return "".join(mark if mark.isprintable() and mark not in "\\?" else "_" for mark in text)[:200]
