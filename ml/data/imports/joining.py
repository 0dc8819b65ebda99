"""Joins data sets of our own form, whose recordings may lie in zip archives beside their manifest, to one.
Tables that label each sample become a recording for each stretch of a label (labelled.py), unless they are to stay
whole: then their label is that of the manifest.

join([Path("falls"), Path("daily_life")], Path("datasets/imported/both"), notes)

In a manifest `archive.zip/name.csv` is the member `name.csv` of `archive.zip`, and the column `rate` may stand for
`sample_rate_hz`. What cannot be unpacked is told and left out.
"""

import shutil
import tempfile
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath

import pandas as pd

from ml.data.fetching.unpack import BROKEN
from ml.data.imports import labelled
from ml.data.imports.foreign import Notes
from ml.data.imports.writing import place
from ml.data.rows import read_values
from ml.data.untrusted import MAX_TEXT
from ml.errors import UserError
from ml.files import inside
from ml.progress import track

MANIFEST = "manifest.csv"
ARCHIVE = ".zip"
BLOCK = 1 << 18
KINDS = ("", "imu", "mic", "accel", "analog", "power")  # of sensors, as captures name them


def is_data_set(path: Path) -> bool:
    return (path / MANIFEST).is_file()


def join(folders: list[Path], folder: Path, notes: Notes, whole: bool = False) -> list[dict[str, str]]:
    """Writes `folder` with all recordings, each under the name of its own folder; returns the rows of its manifest."""
    rows = [(source, row) for source in folders for row in read_values(source / MANIFEST, {"rate": "sample_rate_hz"})]
    names = _names(folders)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        read = [
            (names[source], one)
            for source, row in track(rows, "joining", len(rows))
            for one in _copied(source, row, made / names[source], notes, whole)
        ]
        if not read:
            raise UserError(f"{folders[0]}: expected recordings that can be read, found none of {len(rows)}")
        apart = _apart([(name, row["subject"]) for name, row in read])
        kept = [_joined(name, row) | {"subject": apart[name, row["subject"]]} for name, row in read]
        pd.DataFrame(kept).fillna("").to_csv(made / MANIFEST, index=False)
        place(made, folder)
    return kept


def _copied(source: Path, row: dict[str, str], folder: Path, notes: Notes, whole: bool) -> list[dict[str, str]]:
    """The rows of a recording that was copied: a row for each stretch where its samples have labels of their own."""
    target = inside(folder.parent, f"{folder.name}/{row['file']}")
    if not _copy(source, row["file"], target, notes):
        return []
    if whole or not labelled.is_labelled(target):
        return [row]
    return [
        row | {"file": file.relative_to(folder.resolve()).as_posix(), "label": label}
        for file, label in labelled.cut(target)
    ]


def _joined(name: str, row: dict[str, str]) -> dict[str, str]:
    """A row of the joined manifest. What somebody else calls a sensor is where it was worn, and not its kind."""
    worn = row.get("sensor", "")
    kinds = {} if worn.rstrip("0123456789") in KINDS else {"sensor": "", "worn": worn}
    return row | {"file": f"{name}/{row['file']}"} | kinds


def _names(folders: list[Path]) -> dict[Path, str]:
    """A folder each in the joined set: their own names, which must differ."""
    names = {folder: folder.resolve().name for folder in folders}
    twice = [name for name, count in Counter(names.values()).items() if count > 1]
    if twice:
        raise UserError(f"expected folders of different names, found {twice[0]} twice; rename one")
    return names


def _apart(people: list[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """(folder, subject) -> the subject's name in the joined set: that of the folder before it where another folder has
    somebody of the same name, in large or small letters."""
    of = {}
    for name, subject in people:
        of.setdefault(subject.casefold(), set()).add(name)
    return {
        (name, subject): subject if len(of[subject.casefold()]) == 1 else f"{name}_{subject}"
        for name, subject in people
    }


def _copy(source: Path, file: str, target: Path, notes: Notes) -> bool:
    """False where it cannot be read, which is told."""
    target.parent.mkdir(parents=True, exist_ok=True)
    parts = PurePosixPath(file).parts
    archive = next((at for at, part in enumerate(parts[:-1], 1) if part.lower().endswith(ARCHIVE)), None)
    try:
        if archive is None:
            shutil.copyfile(inside(source, file, source / MANIFEST), target)
        else:
            packed = inside(source, "/".join(parts[:archive]), source / MANIFEST)
            _unpack(packed, "/".join(parts[archive:]), target)
    except (*BROKEN, KeyError) as error:
        target.unlink(missing_ok=True)
        notes.add("unreadable", f"left out: {source / file}: cannot be read ({' '.join(str(error).split())[:120]})")
        return False
    return True


def _unpack(archive: Path, member: str, target: Path) -> None:
    with zipfile.ZipFile(archive) as packed, packed.open(member) as source, target.open("xb") as made:
        done = 0
        while block := source.read(BLOCK):
            done += len(block)
            if done > MAX_TEXT:
                raise UserError(f"{archive}: expected at most {MAX_TEXT} bytes of {member[:80]!r}, found more: a bomb?")
            made.write(block)
