"""A take: the same moment of every stream, its files and its rows in the manifest."""

import errno
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ml.capture.events import Block, Device, Incident
from ml.capture.manifest import Manifest
from ml.capture.piece import Piece, StreamTake
from ml.files import inside

NOTES = {"reset": "board reset", "vanished": "port vanished", "stall": "stalled", "deaf": "this program was stopped"}


@dataclass(frozen=True)
class Naming:
    """What a take is called; checked by `names`."""

    label: str
    subject: str
    session: str
    source: str = ""
    licence: str = ""


class Take:
    """Begins at `start_us` of device time, for `seconds` or until it is stopped."""

    def __init__(
        self, manifest: Manifest, device: Device, naming: Naming, start_us: int, seconds: float | None
    ) -> None:
        self.naming, self.device = naming, device
        self.number = manifest.next_take(naming.subject, naming.session)
        self.recorded = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.notes: list[str] = []
        self.counts: Counter[tuple[str, str]] = Counter()  # (kind of incident, stream) -> how many
        self.seconds = seconds
        self.ended = False
        self.was_whole = False  # as far as was known when it ended
        self._manifest = manifest
        self._cut = False
        self._drift_ppm: float | None = None
        self._announced: set[str] = set()  # files that have a row
        stem = f"{naming.subject}/{naming.session}/{self.number:04}"
        self.streams = {
            stream.name: StreamTake(
                stream,
                start_us,
                None if seconds is None else max(1, round(seconds * stream.rate_hz)),
                f"{stem}_{stream.name}",
                self._place,
                self._announce,
            )
            for stream in device.streams
        }
        manifest.reserve()

    def _place(self, file: str) -> Path:
        """A stream's name is the board's: it may lead nowhere else."""
        return inside(self._manifest.root, file, f"stream of {self.device.board or 'the board'}")

    def _announce(self, stream: StreamTake) -> None:
        """The rows of a piece that begins and of the one before it, which has ended."""
        *_, last = stream.pieces
        self._announced.add(last.file)
        self._manifest.put([self._row(stream, each, "open" if each is last else "gap") for each in stream.pieces[-2:]])

    @property
    def where(self) -> dict[str, object]:
        """For the incidents."""
        naming = self.naming
        return {"recorded": self.recorded, "subject": naming.subject, "session": naming.session, "take": self.number}

    @property
    def done(self) -> bool:
        return all(stream.done for stream in self.streams.values())

    @property
    def is_whole(self) -> bool:
        """Nothing is missing in any of its streams."""
        streams = self.streams.items()
        return not self._cut and all(each.pieces and not each.lost and not self._behind(name) for name, each in streams)

    def waiting_for(self) -> list[str]:
        return [name for name, stream in self.streams.items() if not stream.done]

    @property
    def progress(self) -> int:
        """Rises with every sample that is taken, or is known to be missing."""
        return sum(stream.position for stream in self.streams.values())

    def covers(self, sensor: str, time_us: float | None) -> bool:
        """A moment of device time, of that stream, belongs to the take; one that is not known (None) does not."""
        return time_us is not None and sensor in self.streams and self.streams[sensor].covers(time_us)

    def raise_if_removed(self) -> None:
        """FileNotFoundError when a file that is being written, or its folder, is no longer where it was."""
        for stream in self.streams.values():
            if (file := next((piece for piece in stream.pieces if not piece.writer.is_there()), None)) is not None:
                raise FileNotFoundError(errno.ENOENT, "it was removed while it was recorded", str(file.path))

    def add(self, block: Block) -> None:
        """OSError when it cannot be stored: what was stored before is valid, and `end` says so."""
        stream = self.streams.get(block.stream.name)
        if stream is None or stream.done:
            return
        lost = stream.lost
        stream.add(block)
        self.counts["lost", block.stream.name] += stream.lost - lost

    def note(self, incident: Incident) -> None:
        """Something went wrong meanwhile. Of a take that has ended the rows are completed."""
        self.counts[incident.kind, incident.sensor] += incident.count
        if incident.kind == "behind":
            self.notes.append(f"about {incident.count} samples of {incident.sensor} lost somewhere")
        words = NOTES.get(incident.kind)
        if words and words not in self.notes:
            self.notes.append(words)
        if incident.kind == "reset":
            for stream in self.streams.values():
                stream.restarted()
        if self.ended:
            self._complete()

    def end(self, cut: str = "", drift_ppm: float | None = None) -> None:
        """Closes the files and completes the rows. `cut` says why it ended too early."""
        self.ended, self._drift_ppm = True, drift_ppm
        if cut:
            self._cut = True
            self.notes.append(cut)
        for stream in self.streams.values():
            stream.finish()
        self.was_whole = self.is_whole
        self._complete()

    def _complete(self) -> None:
        """A row for each file that is there, none for one that could not be made or that somebody removed."""
        pieces = [(stream, piece) for stream in self.streams.values() for piece in stream.pieces]
        removed = [piece.file for _, piece in pieces if not piece.writer.is_there()]
        if removed and not self._cut:
            self._cut = True
            self.notes.append(f"{', '.join(removed)} removed while it was recorded")
        rows = [
            self._row(*each, self._status(each[0]), self._drift_ppm) for each in pieces if each[1].file not in removed
        ]
        if not self._announced:
            return
        self._manifest.put(rows, without=self._announced - {row["file"] for row in rows})

    def _status(self, stream: StreamTake) -> str:
        if self._cut and not stream.done:
            return "cut"
        return "gap" if stream.lost or self._behind(stream.stream.name) else "whole"

    def _behind(self, name: str) -> int:
        """Samples lost at a place that the protocol does not tell."""
        return self.counts["behind", name]

    def _row(self, stream: StreamTake, piece: Piece, status: str, drift_ppm: float | None = None) -> dict[str, object]:
        name, device = stream.stream.name, self.device
        period = piece.rate.period_us() if device.has_clock else piece.period_us
        return {
            "file": piece.file,
            "label": self.naming.label,
            "subject": self.naming.subject,
            "session": self.naming.session,
            "sample_rate_hz": f"{stream.stream.rate_hz:.10g}",
            "sensor": name,
            "take": self.number,
            "piece": piece.number,
            "status": status,
            "samples": piece.samples,
            "start_us": piece.start_us if device.has_clock else "",
            "measured_rate_hz": f"{1e6 / period:.4f}" if period else "",
            "drift_ppm": "" if drift_ppm is None else f"{drift_ppm:.1f}",
            "lost_before": piece.lost_before,
            "lost_after": piece.lost_after,
            "damaged": self.counts["damaged", ""] + self.counts["unreadable", ""],
            "repeated": self.counts["repeated", name],
            "dropped": self.counts["dropped", name],
            "app": device.app,
            "board": device.board,
            "firmware": device.firmware,
            "scale": stream.stream.scale,
            "format": device.format,
            "recorded": self.recorded,
            "note": "; ".join(self.notes),
            "source": self.naming.source,
            "licence": self.naming.licence,
        }
