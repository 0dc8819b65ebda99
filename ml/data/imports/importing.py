"""From files and folders of other tools to one data set.

made = import_all([Path("export")], Path("datasets/captured/doorbell"), Asked(subject="ann"), source, licence)
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from ml.data import speech_commands
from ml.data.imports import edge_impulse, joining, tables, umafall
from ml.data.imports.foreign import Asked, Foreign, Notes, named
from ml.data.imports.linking import link_tree
from ml.data.imports.units import standard
from ml.data.imports.writing import write_data_set
from ml.data.recordings import MAX_RATE_HZ
from ml.errors import UserError
from ml.progress import track

SPEAKER = re.compile(r"([0-9a-f]{6,16})_nohash_")  # as Speech Commands names its clips
SINGLE = (".json", ".cbor", ".wav", ".flac")


@dataclass(frozen=True)
class Imported:
    """What an import came to."""

    folder: Path
    recordings: int
    labels: Counter
    subjects: Counter
    notes: list[str]


def import_all(paths: list[Path], folder: Path, asked: Asked, source: str, licence: str) -> Imported:
    """Reads everything, then writes everything. UserError where a label, subject or rate is known to nobody."""
    if len(paths) == 1 and speech_commands.is_tree(paths[0]):
        return _speech_commands(paths[0], folder)
    notes = Notes()
    if all(joining.is_data_set(path) for path in paths):
        rows = joining.join(paths, folder, notes, asked.whole)
        labels, subjects = (Counter(row[name] for row in rows) for name in ("label", "subject"))
        return Imported(folder, len(rows), labels, subjects, notes.all())
    files = [found for path in paths for found in _files(path)]
    read = [one for path, found in track(files, "reading", len(files)) for one in _read(path, found, asked, notes)]
    if not read:
        why = f": {notes.all()[0]}" if notes.lines else ""
        raise UserError(f"{paths[0]}: expected recordings of a known format, found none that can be read{why}")
    named_takes = named(standard(read, asked, notes), asked, notes)
    takes = [made for one in named_takes if (made := _complete(one, asked, notes)) is not None]
    if not takes:
        raise UserError(f"{paths[0]}: expected recordings, found too little about each of them: {notes.lines[-1]}")
    write_data_set(folder, takes, source, licence)
    _tell_lengths(takes, notes)
    labels, subjects = Counter(one.label for one in takes), Counter(one.subject for one in takes)
    return Imported(folder, len(takes), labels, subjects, notes.all())


def _files(path: Path) -> list[tuple[Path, bool]]:
    """A folder's recordings, and whether each was only found there; an Edge Impulse export stays one."""
    if not path.is_dir() or edge_impulse.is_export(path):
        return [(path, False)]
    kinds = (*tables.SUFFIXES, *SINGLE)
    inside = [found for found in sorted(path.rglob("*")) if found.is_file() and found.suffix.lower() in kinds]
    if not inside:
        raise UserError(f"{path}: expected files of {' '.join(kinds)} in it, found none")
    return [(found, True) for found in inside]


def _read(path: Path, found: bool, asked: Asked, notes: Notes) -> list[Foreign]:
    """What a file holds; one that cannot be read is told and left out."""
    try:
        if path.is_dir():
            return edge_impulse.read_export(path, notes, asked)
        if path.suffix.lower() in SINGLE:
            return [_single(path)]
        if umafall.is_umafall(path):
            return umafall.read_umafall(path, asked, notes)
        return [replace(one, stray=found) for one in tables.read_table(path, asked, notes)]
    except UserError as error:
        notes.add("unreadable", f"left out: {error}")
        return []


def _single(path: Path) -> Foreign:
    """A file on its own. Edge Impulse begins its name with the label, as in the folders of an export also of sound;
    of other sound the folder has the label's name."""
    made = edge_impulse.read_file(path)
    label = edge_impulse.label_of(path)
    if path.suffix.lower() in edge_impulse.SOUND and path.resolve().parent.name not in edge_impulse.FOLDERS:
        label = path.resolve().parent.name
    speaker = SPEAKER.match(path.name)
    more = {"original": f"{path.resolve().parent.name}/{path.name}"}
    return replace(made, label=label, subject=made.subject or (speaker[1] if speaker else ""), more=more)


def _complete(one: Foreign, asked: Asked, notes: Notes) -> Foreign | None:
    """With its rate. UserError where something is not known; None where it may well be no recording, which is told."""
    rate = one.rate_hz if one.time_us is not None else asked.rate_hz or one.rate_hz
    motion = "ax" in one.names or "lax" in one.names or one.names == ("audio",)
    lacking = _lacking(one, rate)
    if lacking and one.stray and not (motion and one.label):
        notes.add("stray", f"left out: {lacking}")
        return None
    if lacking:
        raise UserError(lacking)
    if not motion:
        notes.add("columns", f"{one.origin}: no accelerometer in {','.join(one.names)[:80]}: kept as it is")
    return replace(one, rate_hz=rate)


def _lacking(one: Foreign, rate: float | None) -> str:
    """What must be known and is not; "" where all is."""
    if rate is None or not 1 <= rate <= MAX_RATE_HZ:
        return f"{one.origin}: expected a rate of 1..{MAX_RATE_HZ:.0f} Hz, found {rate or 'none'}; say --rate"
    if not one.label:
        return f"{one.origin}: expected a label, found none; say --label, or --name with a pattern"
    if not one.subject:
        return f"{one.origin}: expected to know who made it; say --subject, or --name with a pattern"
    return ""


def _tell_lengths(takes: list[Foreign], notes: Notes) -> None:
    lengths = Counter(len(one.values) for one in takes)
    if 1 < len(lengths) <= 5:
        said = ", ".join(f"{count} of {length}" for length, count in lengths.most_common())
        notes.add("lengths", f"recordings have several lengths in samples: {said}")


def _speech_commands(tree: Path, folder: Path) -> Imported:
    rows = speech_commands.rows(tree.resolve())
    link_tree(rows, folder)
    return Imported(folder, len(rows), Counter(row.label for row in rows), Counter(row.subject for row in rows), [])
