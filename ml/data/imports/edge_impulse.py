"""Edge Impulse exports: `info.labels` beside JSON, CBOR, WAV and CSV files, and single files of the acquisition format.

The format is that of edgeimpulse/edge-impulse-cli: `{"protected":{"ver","alg","iat"},"signature","payload":
{"device_name","device_type","interval_ms","sensors":[{"name","units"}],"values":[[...]]}}`; CBOR holds the same. CSV
has a first column `timestamp` in milliseconds. A file's name begins with its label: `wave.5vn1caut.json`.

`info.labels` says of each file `{"type": "label", "label": ...}`, `{"type": "multi-label", "labels": [{"label",
"startIndex", "endIndex"}]}` or `{"type": "unlabeled"}`; of pictures it has bounding boxes.
"""

import math
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np

from ml.data.audio import read_audio
from ml.data.imports.foreign import Asked, Foreign, Notes
from ml.data.imports.tables import read_table
from ml.data.untrusted import MAX_COLUMNS, read_cbor, read_json, why
from ml.errors import UserError
from ml.files import inside

INDEX = "info.labels"
FOLDERS = ("training", "testing")
SOUND = (".wav", ".flac")
KINDS = (".json", ".cbor", ".csv", *SOUND)
LIVE = ("testing", "live classification")  # labels that nobody gave
MS = 1000.0  # microseconds
NOTHING_SAID = Asked()
WHAT = "Edge Impulse's acquisition format"


def is_export(path: Path) -> bool:
    """A folder with a list of its files, or with such folders in it."""
    return path.is_dir() and ((path / INDEX).is_file() or any(path.glob(f"*/{INDEX}")))


def read_export(folder: Path, notes: Notes, asked: Asked = NOTHING_SAID) -> list[Foreign]:
    """All recordings of an export: those that its list names, and those that only lie there."""
    listed = _listed(folder, notes)
    found = [one for path, entry in listed.items() for one in _entry(folder, path, entry, asked, notes)]
    others: Counter[str] = Counter()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path not in listed):
        if path.suffix.lower() not in KINDS:
            others[path.suffix.lower() or path.name] += path.name != INDEX
            continue
        notes.add("not listed", f"{path.relative_to(folder)}: in no {INDEX}; its name gives the label")
        found += _entry(folder, path, {"label": label_of(path)}, asked, notes)
    if +others:
        notes.add("others", f"not read: {', '.join(f'{count} of {kind}' for kind, count in (+others).items())}")
    return found


def label_of(path: Path) -> str:
    """By the file's name."""
    return path.name.split(".")[0]


def _listed(folder: Path, notes: Notes) -> dict[Path, dict]:
    """Path -> its entry; of the lists in a folder and in those above, the outermost says all."""
    lists = [folder / INDEX] if (folder / INDEX).is_file() else sorted(folder.glob(f"*/{INDEX}"))
    found: dict[Path, dict] = {}
    for index in lists:
        for entry in _entries(index):
            name = entry.get("path")
            path = inside(index.parent, name, index) if isinstance(name, str) and name else None
            if path is None or not path.is_file():
                notes.add("missing", f"{index.relative_to(folder)} lists {str(name)[:80]}, which is not there")
                continue
            path = folder / path.relative_to(folder.resolve())
            if path in found:
                notes.add("twice", f"{index.relative_to(folder)} lists {str(name)[:80]} twice: the first entry counts")
            found.setdefault(path, entry)
    return found


def _entries(index: Path) -> list[dict]:
    said = read_json(index, "an Edge Impulse list of files")
    entries = said.get("files") if isinstance(said, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UserError(f"{index}: expected an Edge Impulse list of files, found no list `files` in it; export again")
    return entries


def _entry(folder: Path, path: Path, entry: dict, asked: Asked, notes: Notes) -> list[Foreign]:
    """The recordings of one file: one, or where it has several labels one for each labelled stretch."""
    name = path.relative_to(folder).as_posix()
    try:
        read = _recordings(path, asked, notes)
    except UserError as error:
        notes.add("unreadable", f"left out: {error}")
        return []
    metadata = found if isinstance(found := entry.get("metadata"), dict) else {}
    more = {"category": str(entry.get("category", "")), "original": name}
    whole = [replace(one, more=one.more | more, subject=str(metadata.get("subject") or one.subject)) for one in read]
    said = entry.get("label")
    if isinstance(said, dict) and said.get("type") == "multi-label":
        return _stretches(whole, said.get("labels"), name, notes)
    label = _label(said)
    if not label:
        boxes = entry.get("boundingBoxes") or (isinstance(said, dict) and "box" in str(said.get("type")).lower())
        what = "bounding boxes, which are of pictures," if boxes else "no label"
        notes.add("unlabelled", f"{name}: {INDEX} has {what} for it: left out unless --label or --name gives one")
    if label in LIVE:
        notes.add("live", f"{name}: labelled {label!r}, as live classification does: it says nothing; leave it out")
    return [replace(one, label=label, stray=not label) for one in whole]


def _label(said: object) -> str:
    """Of an entry; "" where it has none."""
    if isinstance(said, dict):
        said = said.get("label") if said.get("type", "label") == "label" else ""
    return str(said).strip() if isinstance(said, str | int | float) and not isinstance(said, bool) else ""


def _stretches(whole: list[Foreign], labels: object, name: str, notes: Notes) -> list[Foreign]:
    if not isinstance(labels, list) or not labels:
        notes.add("label", f"{name}: {INDEX} has no labelled stretch for it: left out")
        return []
    if len(whole) != 1:
        notes.add("label", f"{name}: its time stamps make {len(whole)} recordings, its labels are of one: left out")
        return []
    made = []
    for part in labels:
        try:
            start, end, label = int(part["startIndex"]), int(part["endIndex"]) + 1, _label(part["label"])
        except (KeyError, TypeError, ValueError, OverflowError):
            start, end, label = 0, 0, ""
        if not label:
            notes.add("label", f"{name}: a labelled stretch without its start, end or label is left out")
        elif 0 <= start < end <= len(whole[0].values):
            made.append(replace(whole[0].part(slice(start, end), {}), label=label))
        else:
            notes.add("label", f"{name}: a labelled stretch {start}..{end} outside the recording is left out")
    return made


def _recordings(path: Path, asked: Asked, notes: Notes) -> list[Foreign]:
    """What one file of an export holds."""
    if path.suffix.lower() != ".csv":
        return [read_file(path)]
    return read_table(path, replace(asked, block=0), notes, time_us=MS)


def read_file(path: Path) -> Foreign:
    """One file in the acquisition format, or sound."""
    kind = path.suffix.lower()
    if kind in SOUND:
        samples, rate = read_audio(path)
        values = samples[:, None].astype(float)
        return Foreign(str(path), "", "", float(rate), ("audio",), ("wav",), values)
    said = read_cbor(path, WHAT) if kind == ".cbor" else read_json(path, WHAT)
    try:
        return _payload(path, cast(dict, said)["payload"])  # anything else raises
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError, MemoryError) as error:
        raise UserError(f"{path}: expected {WHAT}, cannot read it ({why(error)}); export it again") from None


def _payload(path: Path, payload: dict) -> Foreign:
    sensors = payload["sensors"]
    if not 0 < len(sensors) <= MAX_COLUMNS:
        raise ValueError(f"{len(sensors)} sensors")
    names = tuple(str(sensor["name"])[:40] for sensor in sensors)
    units = tuple(str(sensor.get("units", ""))[:20] for sensor in sensors)
    interval = float(payload["interval_ms"])
    if not (math.isfinite(interval) and 0.001 <= interval <= 1e6):
        raise ValueError(f"interval_ms {interval}")
    values = np.array(payload["values"], float)
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or values.shape[1] != len(names) or not len(values):
        raise ValueError(f"{values.shape} values for {len(names)} sensors")
    if not np.isfinite(values).all():
        raise ValueError("a value that is no number")
    subject = str(payload.get("device_name") or "")
    return Foreign(str(path), "", subject, round(1000 / interval, 6), names, units, values)
