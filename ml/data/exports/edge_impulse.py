"""Edge Impulse's export: `training/` and `testing/` with a file a recording, and `info.labels` that lists them.

Motion is JSON of the acquisition format, sound is WAV. With a key the JSON is signed: HMAC-SHA256 over the text with 64
zeros in the signature's place, as the data forwarder does; without one `alg` is `none`. A whole take gets a label for
each stretch of it: its own where `active`, `none` elsewhere.
"""

import hashlib
import hmac
import json
from itertools import pairwise
from pathlib import Path

import numpy as np

from ml.data.audio import write_audio
from ml.data.exports.takes import Take, Takes
from ml.files import write_json

NOTHING = "none"
UNSIGNED = "0" * 64
PARTS = {"test": "testing"}  # everything else is training; it has no part of its own for validation
NAMES = {"a": "acc{}", "l": "linacc{}", "g": "gyr{}"}
UNITS = {"a": "m/s2", "l": "m/s2", "g": "dps"}


def export_edge_impulse(takes: Takes, folder: Path, hmac_key: str | None = None) -> None:
    """Writes the folder."""
    entries = []
    for number, take in enumerate(takes, 1):
        category = PARTS.get(take.row.part, "training")
        name = f"{take.row.label.replace(' ', '_')}.{number:05d}"
        path = folder / category / f"{name}{'.wav' if take.recording.sensor == 'mic' else '.json'}"
        path.parent.mkdir(exist_ok=True)
        _write(take, path, hmac_key)
        entries.append(_entry(take, path.relative_to(folder).as_posix(), name, category))
    write_json(folder / "info.labels", {"version": 1, "files": entries})


def _entry(take: Take, path: str, name: str, category: str) -> dict:
    metadata = {"subject": take.row.subject} | ({"session": take.row.session} if take.row.session else {})
    return {"path": path, "name": name, "category": category, "label": _label(take), "metadata": metadata}


def _label(take: Take) -> dict:
    active = take.recording.active
    if active is None:
        return {"type": "label", "label": take.row.label}
    edges = [0, *(np.flatnonzero(np.diff(active.astype(np.int8))) + 1).tolist(), len(active)]
    parts = [
        {"label": take.row.label if active[start] else NOTHING, "startIndex": start, "endIndex": end - 1}
        for start, end in pairwise(edges)
    ]
    return {"type": "multi-label", "labels": parts}


def _write(take: Take, path: Path, hmac_key: str | None) -> None:
    if take.recording.sensor == "mic":
        write_audio(path, take.recording.samples[:, 0], round(take.rate_hz))
    else:
        path.write_text(document(take, hmac_key))


def document(take: Take, hmac_key: str | None = None) -> str:
    """The JSON of one recording of motion."""
    sensors = [{"name": _name(column), "units": UNITS[column[0]]} for column in take.columns]
    payload = {
        "device_name": take.row.subject,
        "device_type": "THIMBLE",
        "interval_ms": 1000 / take.rate_hz,
        "sensors": sensors,
        "values": take.values.tolist(),
    }
    recorded = int(take.row.path.stat().st_mtime)
    protected = {"ver": "v1", "alg": "HS256" if hmac_key else "none", "iat": recorded}
    text = json.dumps({"protected": protected, "signature": UNSIGNED, "payload": payload}, separators=(",", ":"))
    return sign(text, hmac_key) if hmac_key else text


def sign(text: str, hmac_key: str) -> str:
    """The text with its signature in the place of the zeros."""
    signature = hmac.new(hmac_key.encode(), text.encode(), hashlib.sha256).hexdigest()
    return text.replace(UNSIGNED, signature, 1)


def _name(column: str) -> str:
    return NAMES[column[0]].format(column[-1].upper())
