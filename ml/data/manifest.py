"""A data set: a folder with a `manifest.csv` that says of each recording who made it and what it shows, or a tree of
Google's Speech Commands as published.

Columns: file, label, subject, sample_rate_hz; optionally session, source, licence, part. Files are relative to the
manifest's folder and may not lie outside it. A recording with an `active` column is a whole take, any other a single
repetition. A recording that cannot be used is left out, with the reason.
"""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ml.data import packed, quality, speech_commands
from ml.data.reading import read_recording
from ml.data.recordings import Recording
from ml.data.rows import Row, read_rows
from ml.data.sources import credits, licence
from ml.data.split_file import with_parts
from ml.data.untrusted import why
from ml.errors import UserError
from ml.native.parallel import each
from ml.progress import track

SHORT = 8  # samples; fewer may well be the same by chance
BATCH = 256  # recordings between two looks at the progress


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
    part: str = ""  # "train", "validation" or "test" where the data was published so
    more: dict[str, str] = field(default_factory=dict)  # further columns of the manifest

    @property
    def is_take(self) -> bool:
        """A whole take with an activity mask, rather than one repetition cut out."""
        return self.recording.active is not None


@dataclass(frozen=True)
class LeftOut:
    """A recording that could not be used."""

    file: str
    reason: str  # one line


@dataclass(frozen=True)
class Dataset:
    """Recordings with labels and subjects."""

    items: tuple[Item, ...]  # sorted by file
    hash: str  # SHA-256 of the rows and of every file
    left_out: tuple[LeftOut, ...] = ()
    twice: tuple[tuple[str, str], ...] = ()  # (file, another with the same samples): they count twice

    @property
    def subjects(self) -> list[str]:
        return sorted({item.subject for item in self.items})

    @property
    def labels(self) -> list[str]:
        return sorted({item.label for item in self.items})

    @property
    def part(self) -> dict[str, str]:
        """Subject -> its part of a split that was published with the data, "" where there is none."""
        made: dict[str, str] = {}
        for item in self.items:
            if made.setdefault(item.subject, item.part) != item.part:
                raise UserError(
                    f"expected each subject in one part only, found {item.subject} in {made[item.subject] or 'none'} "
                    f"and {item.part or 'none'}; correct the column part"
                )
        return made

    def of(self, subjects: list[str] | tuple[str, ...]) -> "Dataset":
        """The recordings of some subjects only."""
        wanted = set(subjects)
        return replace(self, items=tuple(item for item in self.items if item.subject in wanted))

    @property
    def credits(self) -> list[str]:
        """Whom to name for the recordings, a line each."""
        return credits((item.source, item.licence) for item in self.items)

    @property
    def besides(self) -> str:
        """What there is to learn from besides the recordings, for people."""
        return ""

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
            "credits": self.credits,
            "left_out": [vars(one) for one in self.left_out],
        }


@dataclass(frozen=True)
class Wanted:
    """What an application wants of a data set."""

    sensor: str = "imu"  # "imu", "mic", or "accel", which may be an imu's too
    rate_hz: int | None = None  # of sound: a higher rate is resampled to it
    seconds: tuple[float, float] = (0.0, float("inf"))  # the shortest and the longest recording that makes sense
    rows: Callable[[list[Row]], list[Row]] = lambda rows: rows  # which of the recordings, before they are read


def load(folder: Path, wanted: Wanted | str = Wanted()) -> Dataset:
    """Reads the data set in `folder`, or, where the manifest lies in a folder above, the part of it below `folder`.

    `wanted` may be just the name of the sensor. UserError where nothing can be used or the manifest is wrong; single
    recordings that cannot be used are in `left_out`.
    """
    wanted = Wanted(wanted) if isinstance(wanted, str) else wanted
    root, below = listed(packed.unpacked(folder))
    below = [row for row in below if _may_be_of(row, wanted.sensor)]
    if not below:
        raise UserError(f"{root}: expected recordings of the sensor {wanted.sensor}, found only others; check the path")
    for row in below:
        _check_there(root, row)
    return _dataset(sorted(wanted.rows(below), key=lambda row: row.file), wanted)


def _may_be_of(row: Row, sensor: str) -> bool:
    """False where the manifest says that it is of another sensor: a capture keeps all of a take side by side."""
    stated = row.more.get("sensor", "").rstrip("0123456789")
    return stated in ("", sensor) or (stated, sensor) == ("imu", "accel")


def listed(folder: Path) -> tuple[Path, list[Row]]:
    """The manifest (of a published tree its folder), and its rows with files below `folder`; no recording is read."""
    folder = _absolute(folder)
    root, rows = find_rows(folder)
    below = [row for row in rows if row.path.is_relative_to(folder)]
    if not below:
        raise UserError(f"{root}: expected rows with files below {folder}, found none; check the path")
    return root, with_parts(below, root.parent if root.is_file() else root)


def _absolute(folder: Path) -> Path:
    try:
        return Path(folder).expanduser().resolve()
    except (RuntimeError, OSError, ValueError) as error:  # a home that nobody has, a loop of links, NUL
        raise UserError(f"{folder}: expected a folder with a manifest.csv, found none ({why(error)})") from None


def _dataset(rows: list[Row], wanted: Wanted) -> Dataset:
    batches = [rows[at : at + BATCH] for at in range(0, len(rows), BATCH)]
    made = [
        one for batch in track(batches, "reading", len(batches)) for one in each(lambda row: _item(row, wanted), batch)
    ]
    items = [(row, one) for row, one in zip(rows, made, strict=True) if isinstance(one, Item)]
    same = _same([item for _, item in items])
    left_out = tuple(one for one in [*made, *_whose(same)] if isinstance(one, LeftOut))
    items = [(row, item) for row, item in items if item.file not in {one.file for one in left_out}]
    if not items:
        reason = left_out[0].reason if left_out else "none were asked for"
        raise UserError(f"expected recordings that can be used, found none of {len(rows)}: {reason}")
    kept = {item.file for _, item in items}
    twice = tuple((one.file, group[0].file) for group in same for one in group[1:] if one.file in kept)
    return Dataset(tuple(item for _, item in items), _hash(items), left_out, twice)


def _same(items: list[Item]) -> list[list[Item]]:
    """Groups of recordings with the same samples, under whatever names and in whatever kinds of file."""
    groups: dict[bytes, list[Item]] = {}
    items = [item for item in items if len(item.recording.samples) >= SHORT]
    for item, key in zip(items, each(lambda item: item.recording.key, items), strict=True):
        groups.setdefault(key, []).append(item)
    return [group for group in groups.values() if len(group) > 1 and np.ptp(group[0].recording.samples, axis=0).any()]


def _whose(same: list[list[Item]]) -> list[LeftOut]:
    """Of recordings that are there twice as different people's, or as different things, nobody knows what is right:
    a test with one of them would be a test with what was trained."""
    found = []
    for group in same:
        for what in ("subject", "label"):
            said = sorted({getattr(item, what) for item in group})
            if len(said) > 1:
                files, names = ", ".join(item.file for item in group[:4]), " and ".join(said[:4])
                reason = f"expected each recording once, found the same samples in {files} as {what} {names}"
                found += [LeftOut(item.file, f"{reason}; take out what is wrong") for item in group]
                break
    return found


def _item(row: Row, wanted: Wanted) -> Item | LeftOut:
    """The recording, or why it is of no use."""
    try:
        recording = read_recording(row.path, row.rate_hz, wanted.sensor, wanted.rate_hz)
    except UserError as error:
        return LeftOut(row.file, str(error))
    problem = _length(recording, wanted) or quality.problem(recording, row.label)
    if problem:
        return LeftOut(row.file, f"{row.path}: {problem}")
    return Item(row.file, row.label, row.subject, row.session, row.source, licence(row), recording, row.part, row.more)


def _length(recording: Recording, wanted: Wanted) -> str | None:
    shortest, longest = wanted.seconds
    if shortest <= recording.seconds <= longest:
        return None
    return (
        f"expected a recording of {shortest:g} to {longest:g} s, found {recording.seconds:.3g} s at "
        f"{recording.rate_mhz / 1000:g} Hz; is sample_rate_hz right?"
    )


def find_rows(folder: Path) -> tuple[Path, list[Row]]:
    """The manifest of `folder` or of one above it (of a published tree its folder), and all its rows as they are."""
    if not folder.is_dir():
        raise UserError(f"{folder}: expected a folder with a manifest.csv, found {_what(folder)}")
    for candidate in (folder, *folder.parents):
        if (candidate / "manifest.csv").is_file():
            return candidate / "manifest.csv", read_rows(candidate / "manifest.csv")
    if speech_commands.is_tree(folder):
        return folder, speech_commands.rows(folder)
    raise UserError(f"{folder}: expected a manifest.csv in it or above it, found none; write one (docs/data.md)")


def _check_there(manifest: Path, row: Row) -> None:
    if not row.path.is_file():
        raise UserError(
            f"{manifest}: expected {row.file!r}, which it names, found {_what(row.path)}; put it there, or take its "
            "row out"
        )


def _what(path: Path) -> str:
    if not path.exists():
        return "nothing there"
    return "a folder" if path.is_dir() else "a file"


def _hash(items: list[tuple[Row, Item]]) -> str:
    digest = hashlib.sha256()
    for row, item in items:
        known = (item.file, item.label, item.subject, str(item.recording.rate_mhz))
        digest.update("\0".join(known).encode() + b"\n")
        digest.update(hashlib.sha256(row.path.read_bytes()).digest())
    return digest.hexdigest()
