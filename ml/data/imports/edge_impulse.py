"""Edge Impulse exports: `info.labels` beside JSON, CBOR, WAV and CSV files, and single files of the acquisition format.

The format is that of edgeimpulse/edge-impulse-cli: `{"protected":{"ver","alg","iat"},"signature","payload":
{"device_name","device_type","interval_ms","sensors":[{"name","units"}],"values":[[...]]}}`; CBOR holds the same.
"""

import json
import math
from pathlib import Path

import cbor2
import numpy as np

from ml.data.audio import read_audio
from ml.data.imports.foreign import MAX_FILE, Foreign, Notes
from ml.errors import UserError

INDEX = "info.labels"
MAX_CHANNELS = 256
RANGE = range(1, MAX_CHANNELS + 1)
LIVE = ("testing", "live classification")  # labels that nobody gave


def is_export(path: Path) -> bool:
    """A folder with a list of its files, or with such folders in it."""
    return path.is_dir() and ((path / INDEX).is_file() or any(path.glob(f"*/{INDEX}")))


def read_export(folder: Path, notes: Notes) -> list[Foreign]:
    """All recordings of an export: those that its list names, and those that only lie there."""
    listed = _listed(folder, notes)
    found = [one for path, entry in listed.items() for one in _entry(folder, path, entry, notes)]
    for path in sorted([*folder.rglob("*.json"), *folder.rglob("*.cbor")]):
        if path not in listed:
            notes.add("not listed", f"{path.relative_to(folder)}: in no {INDEX}; its name gives the label")
            found += _entry(folder, path, {}, notes)
    return found


def _listed(folder: Path, notes: Notes) -> dict[Path, dict]:
    """Path -> its entry; of the lists in a folder and in those above, the outermost says all."""
    lists = [folder / INDEX] if (folder / INDEX).is_file() else sorted(folder.glob(f"*/{INDEX}"))
    found: dict[Path, dict] = {}
    for index in lists:
        for entry in _entries(index):
            path = (index.parent / str(entry.get("path", ""))).resolve()
            if not path.is_relative_to(folder.resolve()):
                raise UserError(f"{index}: expected files inside its folder, found {str(entry.get('path'))[:80]!r}")
            if path.is_file():
                found[folder / path.relative_to(folder.resolve())] = entry
            else:
                notes.add("missing", f"{index.relative_to(folder)} lists {entry.get('path')}, which is not there")
    return found


def _entries(index: Path) -> list[dict]:
    try:
        said = json.loads(_bytes(index))
        entries = said["files"]
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise ValueError("files is no list of objects")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError(f"{index}: expected an Edge Impulse list of files, cannot read it ({_why(error)})") from None
    return entries


def _entry(folder: Path, path: Path, entry: dict, notes: Notes) -> list[Foreign]:
    """The recordings of one file: one, or where it has several labels one for each labelled stretch."""
    try:
        whole = read_file(path)
    except UserError as error:
        notes.add("unreadable", str(error))
        return []
    more = {"category": str(entry.get("category", "")), "original": path.relative_to(folder).as_posix()}
    said = entry.get("label") if isinstance(entry.get("label"), dict) else {}
    metadata = entry.get("metadata") if isinstance(entry.get("metadata"), dict) else {}
    subject = str(metadata.get("subject") or whole.subject)
    if said.get("type") == "multi-label":
        return _stretches(whole, said, subject, more, notes)
    label = str(said.get("label") or path.name.split(".")[0])
    if label in LIVE:
        notes.add(
            "live",
            f"{more['original']}: labelled {label!r}, as live classification does: it says nothing; leave it out",
        )
    return [_labelled(whole, label, subject, more)]


def _labelled(whole: Foreign, label: str, subject: str, more: dict, rows: slice = slice(None)) -> Foreign:
    values = whole.values[rows]
    return Foreign(whole.origin, label, subject, whole.rate_hz, whole.names, whole.units, values, None, more)


def _stretches(whole: Foreign, said: dict, subject: str, more: dict, notes: Notes) -> list[Foreign]:
    made = []
    for part in said.get("labels", []):
        try:
            start, end, label = int(part["startIndex"]), int(part["endIndex"]) + 1, str(part["label"])
        except (KeyError, TypeError, ValueError):
            notes.add("label", f"{whole.origin}: a labelled stretch without its start, end or label is left out")
            continue
        if 0 <= start < end <= len(whole.values):
            made.append(_labelled(whole, label, subject, more, slice(start, end)))
        else:
            notes.add("label", f"{whole.origin}: a labelled stretch {start}..{end} outside the recording is left out")
    return made


def read_file(path: Path) -> Foreign:
    """One file in the acquisition format, or sound."""
    kind = path.suffix.lower()
    if kind in (".wav", ".flac"):
        samples, rate = read_audio(path)
        values = samples[:, None].astype(float)
        return Foreign(str(path), "", "", float(rate), ("audio",), ("wav",), values)
    try:
        data = _bytes(path)
        said = cbor2.loads(data) if kind == ".cbor" else json.loads(data)
        return _payload(path, said["payload"])
    except (cbor2.CBORError, ValueError, KeyError, TypeError, RecursionError, MemoryError, OverflowError) as error:
        raise UserError(f"{path}: expected Edge Impulse's acquisition format, cannot read it ({_why(error)})") from None


def _payload(path: Path, payload: dict) -> Foreign:
    sensors = payload["sensors"]
    names = tuple(str(sensor["name"])[:40] for sensor in sensors)
    units = tuple(str(sensor.get("units", ""))[:20] for sensor in sensors)
    interval = float(payload["interval_ms"])
    if not (math.isfinite(interval) and 0.001 <= interval <= 1e6):
        raise ValueError(f"interval_ms {interval}")
    values = np.array(payload["values"], float)
    values = values[:, None] if values.ndim == 1 else values
    if len(names) not in RANGE or values.ndim != 2 or values.shape[1] != len(names) or not len(values):
        raise ValueError(f"{values.shape} values for {len(names)} sensors")
    if not np.isfinite(values).all():
        raise ValueError("a value that is no number")
    subject = str(payload.get("device_name", ""))
    return Foreign(str(path), "", subject, round(1000 / interval, 6), names, units, values)


def _bytes(path: Path) -> bytes:
    if path.stat().st_size > MAX_FILE:
        raise UserError(f"{path}: expected at most {MAX_FILE} bytes, found {path.stat().st_size}")
    return path.read_bytes()


def _why(error: Exception) -> str:
    return " ".join(str(error).split())[:100] or type(error).__name__
