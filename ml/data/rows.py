"""The rows of a data set: what a `manifest.csv` says of each recording, checked before any of them is read."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ml.errors import UserError

REQUIRED = ("file", "label", "subject", "sample_rate_hz")
REMARKS = ("session", "source", "licence")
PARTS = ("", "train", "validation", "test")
MAX_RATE_HZ = 1e5
MAX_REMARK = 200  # characters
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_. +-]{0,30}")  # of labels and subjects: they end up in C and in file names


@dataclass(frozen=True)
class Row:
    """One recording, not yet read."""

    file: str  # relative to the data set's folder, with /
    path: Path
    label: str
    subject: str
    rate_hz: float
    session: str = ""
    source: str = ""
    licence: str = ""
    part: str = ""  # "train", "validation" or "test" where whoever published the data says so
    more: dict[str, str] = field(default_factory=dict)  # the other columns, as they are


def read_rows(manifest: Path) -> list[Row]:
    """The rows of a manifest; UserError for the first that is wrong."""
    table = _table(manifest)
    missing = [name for name in REQUIRED if name not in table]
    if missing:
        raise UserError(f"{manifest}: expected columns {','.join(REQUIRED)}, missing {','.join(missing)}")
    twice = table["file"][table["file"].duplicated()]
    if len(twice):
        raise UserError(f"{manifest}: expected each file once, found {twice.iloc[0]!r} twice")
    return [_row(manifest, values) for values in table.to_dict("records")]


def _table(manifest: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(manifest, dtype=str, keep_default_na=False, skipinitialspace=True)
    except (OSError, ValueError, pd.errors.ParserError) as error:
        reason = str(error).strip().splitlines()[0][:120] if str(error).strip() else type(error).__name__
        raise UserError(f"{manifest}: expected a CSV file with a header line, cannot read it ({reason})") from None


def _row(manifest: Path, values: dict[str, str]) -> Row:
    path = _path(manifest, values["file"])
    for column in ("label", "subject"):
        if not NAME.fullmatch(values[column]):
            raise UserError(
                f"{manifest}: expected a {column} of letters, digits, _ . + - (up to 31) for "
                f"{values['file']!r}, found {values[column][:40]!r}; rename it"
            )
    known = {"file": values["file"], "label": values["label"], "subject": values["subject"], "path": path}
    known |= {name: _remark(manifest, values, name) for name in REMARKS}
    known |= {"rate_hz": _rate(manifest, values), "part": _part(manifest, values)}
    return Row(**known, more={name: text for name, text in values.items() if name not in (*known, "sample_rate_hz")})


def _path(manifest: Path, file: str) -> Path:
    root = manifest.parent
    path = (root / file).resolve()
    if not file or "\0" in file or not path.is_relative_to(root):
        raise UserError(f"{manifest}: expected files inside its folder, found {file[:80]!r}; move it there")
    return path


def _remark(manifest: Path, values: dict[str, str], column: str) -> str:
    """Free text, but such that it ends with the line when it stands in a comment of the model's header."""
    text = values.get(column) or ""
    if len(text) > MAX_REMARK or not text.isprintable() or "\\" in text or "??/" in text:
        raise UserError(
            f"{manifest}: expected a {column} of one line of up to {MAX_REMARK} characters without "
            f"backslashes for {values['file']!r}, found {text[:40]!r}; shorten it"
        )
    return text


def _rate(manifest: Path, values: dict[str, str]) -> float:
    try:
        rate = float(values["sample_rate_hz"])
    except ValueError:
        rate = 0.0
    if not 1 <= rate <= MAX_RATE_HZ:
        raise UserError(
            f"{manifest}: expected a sample_rate_hz of 1..{MAX_RATE_HZ:.0f} for {values['file']!r}, "
            f"found {values['sample_rate_hz'][:40]!r}; correct it"
        )
    return rate


def _part(manifest: Path, values: dict[str, str]) -> str:
    part = values.get("part") or ""
    if part not in PARTS:
        raise UserError(
            f"{manifest}: expected a part of train, validation or test for {values['file']!r}, found {part[:40]!r}"
        )
    return part
