"""From files and folders of other tools to one data set.

made = import_all([Path("export")], Path("datasets/captured/doorbell"), Asked(subject="ann"), source, licence)
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from ml.data import speech_commands
from ml.data.imports import edge_impulse, tables, umafall
from ml.data.imports.foreign import Asked, Foreign, Notes, named
from ml.data.imports.linking import link_tree
from ml.data.imports.units import standard
from ml.data.imports.writing import write_data_set
from ml.data.rows import MAX_RATE_HZ
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
    files = [found for path in paths for found in _files(path)]
    read = [one for path in track(files, "reading", len(files)) for one in _read(path, asked, notes)]
    if not read:
        why = f": {notes.all()[0]}" if notes.lines else ""
        raise UserError(f"{paths[0]}: expected recordings of a known format, found none that can be read{why}")
    takes = [_complete(one, asked, notes) for one in standard(read, asked, notes)]
    write_data_set(folder, takes, source, licence)
    _tell_lengths(takes, notes)
    labels, subjects = Counter(one.label for one in takes), Counter(one.subject for one in takes)
    return Imported(folder, len(takes), labels, subjects, notes.all())


def _files(path: Path) -> list[Path]:
    """A folder's recordings; an Edge Impulse export stays one."""
    if not path.exists():
        raise UserError(f"{path}: expected a file or folder to import, found nothing there")
    if path.is_file() or edge_impulse.is_export(path):
        return [path]
    kinds = (*tables.SUFFIXES, *SINGLE)
    inside = [found for found in sorted(path.rglob("*")) if found.is_file() and found.suffix.lower() in kinds]
    if not inside:
        raise UserError(f"{path}: expected files of {' '.join(kinds)} in it, found none")
    return inside


def _read(path: Path, asked: Asked, notes: Notes) -> list[Foreign]:
    """What a file holds; one that cannot be read is told and left out."""
    try:
        if path.is_dir():
            return edge_impulse.read_export(path, notes)
        if path.suffix.lower() in SINGLE:
            return [_single(path)]
        if umafall.is_umafall(path):
            return umafall.read_umafall(path, asked, notes)
        return tables.read_table(path, asked, notes)
    except UserError as error:
        notes.add("unreadable", f"left out: {error}")
        return []


def _single(path: Path) -> Foreign:
    """A file on its own. Edge Impulse begins its name with the label; of sound the folder has the label's name."""
    made = edge_impulse.read_file(path)
    if made.names == ("audio",):
        speaker = SPEAKER.match(path.name)
        label, subject = path.parent.name, speaker[1] if speaker else ""
        return replace(made, label=label, subject=subject, more={"original": f"{label}/{path.name}"})
    return replace(made, label=path.name.split(".")[0], more={"original": path.name})


def _complete(one: Foreign, asked: Asked, notes: Notes) -> Foreign:
    found = named(one, asked)
    rate = found.rate_hz if one.time_us is not None else asked.rate_hz or found.rate_hz
    if rate is None or not 1 <= rate <= MAX_RATE_HZ:
        raise UserError(f"{one.origin}: expected a rate of 1..{MAX_RATE_HZ:.0f} Hz, found {rate or 'none'}; say --rate")
    if not found.label:
        raise UserError(
            f"{one.origin}: expected a label, found {one.label[:40]!r}; say --label, or --name with a pattern"
        )
    if not found.subject:
        raise UserError(f"{one.origin}: expected to know who made it; say --subject, or --name with a pattern")
    if found.label != one.label and not (asked.label or asked.name):
        notes.add("label", f"label {one.label[:40]!r} is written {found.label!r}")
    if "ax" not in found.names and "lax" not in found.names and found.names != ("audio",):
        notes.add("columns", f"{one.origin}: no accelerometer in {','.join(found.names)[:80]}: kept as it is")
    return replace(found, rate_hz=rate)


def _tell_lengths(takes: list[Foreign], notes: Notes) -> None:
    lengths = Counter(len(one.values) for one in takes)
    if 1 < len(lengths) <= 5:
        said = ", ".join(f"{count} of {length}" for length, count in lengths.most_common())
        notes.add("lengths", f"recordings have several lengths in samples: {said}")


def _speech_commands(tree: Path, folder: Path) -> Imported:
    rows = speech_commands.rows(tree.resolve())
    link_tree(rows, folder)
    return Imported(folder, len(rows), Counter(row.label for row in rows), Counter(row.subject for row in rows), [])
