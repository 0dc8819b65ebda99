"""Segments of a recording, kept beside it in a file that Audacity reads: seconds, seconds, label, with tabs between.

0003_mic.wav has 0003_mic.labels.txt. A page that saves says which version it has changed, so that two pages do not
undo each other's work unseen.
"""

import hashlib
import math
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ml.capture.names import checked
from ml.data.untrusted import MAX_LINE, read_bytes
from ml.errors import UserError
from ml.files import replace_file

MOST = 100_000  # of a recording
MOST_BYTES = 8 << 20
MOST_UNDONE = 100
SUFFIX = ".labels.txt"


@dataclass(frozen=True, order=True)
class Segment:
    """From `start_s` to `end_s`; the label may be ""."""

    start_s: float
    end_s: float
    label: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start_s) and math.isfinite(self.end_s) and 0 <= self.start_s <= self.end_s):
            raise UserError(f"expected a segment that begins before it ends, found {self.start_s:g}..{self.end_s:g} s")
        if self.label:
            checked("label", self.label)


def parse(text: str) -> list[Segment]:
    """Of Audacity's label file; a line that begins with a backslash has frequencies, which are left out."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("\\"):
            continue
        fields = line[:MAX_LINE].split("\t")
        try:
            start, end = (float(field.replace(",", ".")) for field in fields[:2])
        except ValueError:
            raise UserError(
                f"expected seconds, seconds and a label with tabs between them in line {number}, found {line[:40]!r}"
            ) from None
        found.append(Segment(start, end, fields[2].strip() if len(fields) > 2 else ""))
    if len(found) > MOST:
        raise UserError(f"expected up to {MOST} segments, found {len(found)}")
    return sorted(found)


def written(segments: Sequence[Segment]) -> str:
    return "".join(f"{one.start_s:.6f}\t{one.end_s:.6f}\t{one.label}\n" for one in sorted(segments))


def place(recording: Path) -> Path:
    return recording.with_name(recording.stem + SUFFIX)


def load(recording: Path) -> list[Segment]:
    path = place(recording)
    if not path.is_file():
        return []
    try:
        return parse(read_bytes(path, MOST_BYTES).decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise UserError(f"{path}: expected text in UTF-8, found other bytes; save it as UTF-8") from None
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def version(segments: Sequence[Segment]) -> str:
    return hashlib.sha256(written(segments).encode()).hexdigest()[:16]


class Book:
    """Changes of segments, and what they were before."""

    def __init__(self) -> None:
        self._before: dict[Path, deque[list[Segment]]] = defaultdict(lambda: deque(maxlen=MOST_UNDONE))

    def save(self, recording: Path, segments: Sequence[Segment], known: str) -> list[Segment]:
        """`known`: the version that was changed."""
        there = self._checked(recording, known)
        made = sorted(segments)
        if made != there:
            self._before[recording].append(there)
            self._write(recording, made)
        return made

    def undo(self, recording: Path, known: str) -> list[Segment]:
        self._checked(recording, known)
        if not self._before[recording]:
            raise UserError("expected a change that can be undone, found none since the server was started")
        made = self._before[recording].pop()
        self._write(recording, made)
        return made

    @staticmethod
    def _checked(recording: Path, known: str) -> list[Segment]:
        there = load(recording)
        if version(there) != known:
            raise UserError("expected the segments that this page shows, found others, changed elsewhere; reload")
        return there

    @staticmethod
    def _write(recording: Path, segments: Sequence[Segment]) -> None:
        replace_file(place(recording), written(segments).encode())
