"""Label: recordings on a timeline, their segments, candidates, files of one's own."""

import io
import re
from pathlib import Path

import numpy as np
import soundfile

from ml.capture.manifest import Manifest
from ml.capture.take import Naming
from ml.data.rows import Row
from ml.errors import UserError
from ml.files import inside
from ml.studio import folder, segments, storing
from ml.studio.candidates import candidates
from ml.studio.panels import Bytes, Handler
from ml.studio.said import Said
from ml.studio.segments import Book, Segment
from ml.studio.state import Studio
from ml.studio.tracks import FFT, Track, Tracks

MOST_PIXELS = 4096
MOST_PLAYED_S = 600
MOST_CUT = 10_000
CUT = "segments"  # folder of what was cut out: a data set of its own
NOBODY = "unknown"


def _tracks(studio: Studio) -> Tracks:
    return studio.kept.setdefault("tracks", Tracks(lambda path: studio.hub.tell("exact", path=path)))


def _book(studio: Studio) -> Book:
    return studio.kept.setdefault("book", Book())


def _track(studio: Studio, said: Said) -> tuple[Row, Track]:
    row = folder.row(studio.root, said.text("file"))
    return row, _tracks(studio).open(row.path, row.rate_hz)


def recordings(studio: Studio, said: Said) -> dict:
    """All of the data set, with how many segments each has."""
    found = [
        {
            "file": row.file,
            "label": row.label,
            "subject": row.subject,
            "session": row.session,
            "rate_hz": row.rate_hz,
            "sensor": row.more.get("sensor", ""),
            "segmented": segments.place(row.path).is_file(),
        }
        for row in folder.rows(studio.root)
    ]
    return {"folder": str(studio.root), "recordings": found}


def opened(studio: Studio, said: Said) -> dict:
    row, track = _track(studio, said)
    named = {"file": row.file, "label": row.label, "path": str(row.path)}
    return track.described() | named | _shown(segments.load(row.path))


def _shown(made: list[Segment]) -> dict:
    told = [{"start": one.start_s, "end": one.end_s, "label": one.label} for one in made]
    return {"segments": told, "version": segments.version(made)}


def _range(said: Said, track: Track) -> tuple[int, int]:
    most = track.samples.count
    start = said.whole("start", -most, 2 * most, 0)
    return start, said.whole("end", start + 1, 3 * most + 1, most)


def peaks(studio: Studio, said: Said) -> Bytes:
    """Four bytes (1: exact, 0: of a part of the samples), then float32 (width, 2, channels)."""
    _, track = _track(studio, said)
    start, end = _range(said, track)
    exact = track.is_exact
    made = track.peaks(start, end, said.whole("width", 1, MOST_PIXELS))
    return Bytes(np.uint32(exact).tobytes() + np.ascontiguousarray(made, "<f4").tobytes())


def spectrogram(studio: Studio, said: Said) -> Bytes:
    """uint8 (width, 256), low frequencies first."""
    _, track = _track(studio, said)
    if track.samples.sensor != "mic":
        raise UserError("expected sound, found movement: it has no spectrogram here")
    start, end = _range(said, track)
    return Bytes(track.spectrogram(start, end, said.whole("width", 1, MOST_PIXELS // FFT * 128)).tobytes())


def sound(studio: Studio, said: Said) -> Bytes:
    """A stretch, to be played."""
    _, track = _track(studio, said)
    start, end = _range(said, track)
    rate = round(track.samples.rate_hz)
    values = track.samples(max(0, start), min(end, start + MOST_PLAYED_S * rate, track.samples.count))
    if track.samples.sensor != "mic":
        raise UserError("expected sound, found movement: it is shown, not heard")
    made = io.BytesIO()
    soundfile.write(made, values[:, 0], rate, "PCM_16", format="WAV")
    return Bytes(made.getvalue(), "audio/wav")


def save(studio: Studio, said: Said) -> dict:
    row = folder.row(studio.root, said.text("file"))
    given = [
        Segment(one.number("start", 0, 1e9), one.number("end", 0, 1e9), one.text("label", ""))
        for one in said.rows("segments", segments.MOST)
    ]
    with studio.changing:
        made = _book(studio).save(row.path, given, said.text("version"))
    return _told(studio, row, made)


def undo(studio: Studio, said: Said) -> dict:
    row = folder.row(studio.root, said.text("file"))
    with studio.changing:
        made = _book(studio).undo(row.path, said.text("version"))
    return _told(studio, row, made)


def _told(studio: Studio, row: Row, made: list[Segment]) -> dict:
    """Other pages show it too."""
    studio.hub.tell("segments", file=row.file, **_shown(made))
    return _shown(made)


def propose(studio: Studio, said: Said) -> dict:
    row = folder.row(studio.root, said.text("file"))
    found = studio.compute(candidates, row.path, row.rate_hz)
    return {"candidates": [{"start": start, "end": end, "label": ""} for start, end in found]}


def audacity_in(studio: Studio, said: Said) -> dict:
    """In place of the segments that are there; undo brings them back."""
    row = folder.row(studio.root, said.text("file"))
    with studio.changing:
        made = _book(studio).save(row.path, segments.parse(said.long_text("text")), said.text("version"))
    return _told(studio, row, made)


def audacity_out(studio: Studio, said: Said) -> Bytes:
    row = folder.row(studio.root, said.text("file"))
    name = re.sub(r"[^A-Za-z0-9._-]", "_", row.path.stem)
    return Bytes(segments.written(segments.load(row.path)).encode(), "text/plain", f"{name}.txt")


def relabel(studio: Studio, said: Said) -> dict:
    """A recording's label, as `collect.py --relabel-last` changes it; of a take all its files."""
    file, label = said.text("file"), said.name("label")
    with studio.manifest() as manifest:
        row = next((one for one in manifest.rows if one["file"] == file), None)
        if row is None:
            raise UserError(f"expected a recording of the manifest, found {file[:80]!r}; load the page again")
        take = row.get("take")
        both = manifest.of_take(row["subject"], row.get("session", ""), take) if take else [row]
        manifest.put([one | {"label": label} for one in both])
    studio.hub.tell("relabelled", files=[one["file"] for one in both], label=label)
    return {"was": row["label"], "label": label}


def cut(studio: Studio, said: Said) -> dict:
    """Each named segment as a recording of its own, in the data set `segments` beside; what was cut of this recording
    before is replaced. The recording itself stays as it is."""
    row, track = _track(studio, said)
    named = [one for one in segments.load(row.path) if one.label and one.end_s > one.start_s][:MOST_CUT]
    if not named:
        raise UserError("expected segments with names, found none; name some first")
    with studio.changing:
        manifest = Manifest(studio.root / CUT)
        try:
            _forget(manifest, f"cut from {row.file} ")
            for one in named:
                _cut(manifest, row, track, one)
        finally:
            manifest.close()
    return {"folder": str(studio.root / CUT), "count": len(named)}


def _cut(manifest: Manifest, row: Row, track: Track, one: Segment) -> None:
    rate = track.samples.rate_hz
    values = track.samples(round(one.start_s * rate), max(round(one.start_s * rate) + 1, round(one.end_s * rate)))
    naming = Naming(one.label, row.subject, row.session or "none", row.source, row.licence)
    note = f"cut from {row.file} at {one.start_s:.3f} s"
    storing.store(manifest, naming, track.samples.sensor, values, rate, note, row.more.get("app", ""))


def _forget(manifest: Manifest, note: str) -> None:
    old = [one["file"] for one in manifest.rows if one.get("note", "").startswith(note)]
    manifest.remove(old)
    for file in old:
        inside(manifest.root, file).unlink(missing_ok=True)


def add(studio: Studio, path: Path, file: str, said: Said, rate_hz: float) -> dict:
    """A row for a file of one's own that has been checked: see server.py."""
    label, subject, session = said.name("label"), said.name("subject"), said.name("session")
    with studio.manifest() as manifest:
        row = {"file": file, "label": label, "subject": subject, "session": session}
        manifest.put([row | {"sample_rate_hz": f"{rate_hz:.10g}", "format": "studio", "note": "dropped in"}])
    studio.hub.tell("added", file=file)
    return row


GET: dict[str, Handler] = {
    "/api/label/recordings": recordings,
    "/api/label/open": opened,
    "/api/label/peaks": peaks,
    "/api/label/spectrogram": spectrogram,
    "/api/label/sound": sound,
    "/api/label/candidates": propose,
    "/api/label/audacity": audacity_out,
}
POST: dict[str, Handler] = {
    "/api/label/segments": save,
    "/api/label/undo": undo,
    "/api/label/audacity": audacity_in,
    "/api/label/relabel": relabel,
    "/api/label/cut": cut,
}
