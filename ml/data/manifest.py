"""A data set: a folder with a `manifest.csv` that says of each recording who made it and what it shows.

Columns: file, label, subject, sample_rate_hz; optionally session, source, licence. Files are relative to the manifest's
folder and may not lie outside it. A recording with an `active` column is a whole take, any other a single repetition.
"""

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ml.data.recordings import Recording, as_from, read
from ml.errors import UserError

REQUIRED = ("file", "label", "subject", "sample_rate_hz")
MAX_RATE_HZ = 1e5
MAX_REMARK = 200  # characters
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_. +-]{0,30}")  # of labels and subjects: they end up in C and in file names


@dataclass(frozen=True)
class Item:
    """One recording and what the manifest says about it."""

    file: str  # relative to the manifest's folder, with /
    label: str
    subject: str
    session: str
    source: str
    licence: str
    recording: Recording

    @property
    def is_take(self) -> bool:
        """A whole take with an activity mask, rather than one repetition cut out."""
        return self.recording.active is not None


@dataclass(frozen=True)
class Dataset:
    """Recordings with labels and subjects."""

    items: tuple[Item, ...]  # sorted by file
    hash: str  # SHA-256 of the rows and of every file

    @property
    def subjects(self) -> list[str]:
        return sorted({item.subject for item in self.items})

    @property
    def labels(self) -> list[str]:
        return sorted({item.label for item in self.items})

    def of(self, subjects: list[str]) -> "Dataset":
        """The recordings of some subjects only."""
        return Dataset(tuple(item for item in self.items if item.subject in subjects), self.hash)

    def takes(self) -> list[Item]:
        return [item for item in self.items if item.is_take]

    def repetitions(self) -> list[Item]:
        return [item for item in self.items if not item.is_take]

    def summary(self) -> dict:
        """What a report says about the data; JSON-able."""
        minutes = sum(item.recording.seconds for item in self.takes()) / 60
        return {
            "hash": self.hash,
            "subjects": self.subjects,
            "labels": self.labels,
            "takes": len(self.takes()),
            "take_minutes": round(minutes, 2),
            "repetitions": len(self.repetitions()),
            "repetitions_by_label": dict(sorted(Counter(item.label for item in self.repetitions()).items())),
            "rates_hz": sorted({item.recording.rate_mhz / 1000 for item in self.items}),
            "gravity": sorted({item.recording.gravity for item in self.items}),
            "sources": sorted({item.source for item in self.items if item.source}),
            "licences": sorted({item.licence for item in self.items if item.licence}),
        }


def load(folder: Path, sensor: str = "imu") -> Dataset:
    """Reads the data set in `folder`, or, where the manifest lies in a folder above, the part of it below `folder`.

    Every recording is of `sensor`: "imu", "mic" or "accel", which may be an imu's too.
    """
    folder = Path(folder).expanduser().resolve()
    root = _root(folder)
    rows = _rows(root / "manifest.csv")
    below = [row for row in rows if _path(root, row["file"]).is_relative_to(folder)]
    if not below:
        raise UserError(f"{root / 'manifest.csv'}: expected rows with files below {folder}, found none")
    items = [_item(root, row, sensor) for row in sorted(below, key=lambda row: row["file"])]
    return Dataset(tuple(items), _hash(root, items))


def _root(folder: Path) -> Path:
    if not folder.is_dir():
        raise UserError(f"{folder}: expected a folder with a manifest.csv, found {_what(folder)}")
    for candidate in (folder, *folder.parents):
        if (candidate / "manifest.csv").is_file():
            return candidate
    raise UserError(f"{folder}: expected a manifest.csv in it or above it, found none; write one (docs/data.md)")


def _what(path: Path) -> str:
    if not path.exists():
        return "nothing there"
    return "a folder" if path.is_dir() else "a file"


def _rows(manifest: Path) -> list[dict[str, str]]:
    try:
        table = pd.read_csv(manifest, dtype=str, keep_default_na=False, skipinitialspace=True)
    except (OSError, ValueError, pd.errors.ParserError) as error:
        reason = str(error).strip().splitlines()[0][:120] if str(error).strip() else type(error).__name__
        raise UserError(f"{manifest}: expected a CSV file with a header line, cannot read it ({reason})") from None
    missing = [name for name in REQUIRED if name not in table]
    if missing:
        raise UserError(f"{manifest}: expected columns {','.join(REQUIRED)}, missing {','.join(missing)}")
    twice = table["file"][table["file"].duplicated()]
    if len(twice):
        raise UserError(f"{manifest}: expected each file once, found {twice.iloc[0]!r} twice")
    return table.to_dict("records")


def _path(root: Path, file: str) -> Path:
    path = (root / file).resolve()
    if not file or "\0" in file or not path.is_relative_to(root):
        raise UserError(
            f"{root / 'manifest.csv'}: expected files inside its folder, found {file[:80]!r}; move it there"
        )
    return path


def _item(root: Path, row: dict[str, str], sensor: str) -> Item:
    path = _path(root, row["file"])
    if not path.is_file():
        raise UserError(
            f"{root / 'manifest.csv'}: expected {row['file']!r}, which it names, found {_what(path)}; put it there, "
            "or take its row out"
        )
    for column in ("label", "subject"):
        if not NAME.fullmatch(row[column]):
            raise UserError(
                f"{root / 'manifest.csv'}: expected a {column} of letters, digits, _ . + - (up to 31) for "
                f"{row['file']!r}, found {row[column][:40]!r}; rename it"
            )
    optional = {name: _remark(root, row, name) for name in ("session", "source", "licence")}
    recording = as_from(read(path, _rate(root, row)), sensor, path)
    return Item(row["file"], row["label"], row["subject"], recording=recording, **optional)


def _remark(root: Path, row: dict[str, str], column: str) -> str:
    """Free text, but such that it ends with the line when it stands in a comment of the model's header."""
    text = row.get(column) or ""
    if len(text) > MAX_REMARK or not text.isprintable() or "\\" in text or "??/" in text:
        raise UserError(
            f"{root / 'manifest.csv'}: expected a {column} of one line of up to {MAX_REMARK} characters without "
            f"backslashes for {row['file']!r}, found {text[:40]!r}; shorten it"
        )
    return text


def _rate(root: Path, row: dict[str, str]) -> float:
    try:
        rate = float(row["sample_rate_hz"])
    except ValueError:
        rate = 0.0
    if not 1 <= rate <= MAX_RATE_HZ:
        raise UserError(
            f"{root / 'manifest.csv'}: expected a sample_rate_hz of 1..{MAX_RATE_HZ:.0f} for {row['file']!r}, "
            f"found {row['sample_rate_hz'][:40]!r}; correct it"
        )
    return rate


def _hash(root: Path, items: list[Item]) -> str:
    digest = hashlib.sha256()
    for item in items:
        row = (item.file, item.label, item.subject, str(item.recording.rate_mhz))
        digest.update("\0".join(row).encode() + b"\n")
        digest.update(hashlib.sha256((root / item.file).read_bytes()).digest())
    return digest.hexdigest()
