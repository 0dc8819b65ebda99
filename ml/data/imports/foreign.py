"""A recording as another tool wrote it, before its columns have our names and units."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ml.data.rows import NAME
from ml.errors import UserError

MAX_FILE = 256 << 20  # bytes; a text of that size is hours of motion
MAX_NOTES = 20  # of a kind
LARGEST = 1e9  # in any unit; what is beyond was damaged, and saturates as everything beyond a sensor's range does


@dataclass(frozen=True)
class Foreign:
    """One recording. `values` are as they stand in the file."""

    origin: str  # file it comes from, for messages
    label: str
    subject: str  # "" where nobody says
    rate_hz: float | None
    names: tuple[str, ...]  # of the columns
    units: tuple[str, ...]  # "" where nobody says
    values: np.ndarray  # float64 (n, columns), finite
    time_us: np.ndarray | None = None  # (n,)
    more: dict[str, str] = field(default_factory=dict)  # further columns of the manifest

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", np.clip(self.values, -LARGEST, LARGEST))


@dataclass
class Notes:
    """What the user should know about an import, a line each; many of a kind are counted."""

    lines: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, kind: str, line: str) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if self.counts[kind] <= MAX_NOTES:
            self.lines.append(" ".join(line.split()))

    def all(self) -> list[str]:
        more = {kind: count - MAX_NOTES for kind, count in self.counts.items() if count > MAX_NOTES}
        return self.lines + [f"{kind}: {count} more" for kind, count in more.items()]


@dataclass(frozen=True)
class Asked:
    """What the user says that files do not."""

    rate_hz: float | None = None
    subject: str | None = None
    label: str | None = None
    name: re.Pattern | None = None  # of file names, with groups `label`, `subject`, `session`
    accel_unit: str | None = None
    gyro_unit: str | None = None
    block: int | None = None  # rows of one recording where a file holds several without a mark between them
    position: str = "RIGHTPOCKET"  # of the sensor, where a file has several


def read_text(path: Path) -> str:
    """A text file in UTF-8 or Latin-1, without carriage returns."""
    if path.stat().st_size > MAX_FILE:
        raise UserError(f"{path}: expected at most {MAX_FILE} bytes, found {path.stat().st_size}; cut it into pieces")
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def clean(name: str) -> str:
    """A name as labels and subjects may be; "" where nothing is left of it."""
    made = re.sub(r"[^A-Za-z0-9_. +-]+", "_", name).strip(" .")[:31]
    return made if NAME.fullmatch(made) else ""


def named(one: Foreign, asked: Asked) -> Foreign:
    """With the label and subject that the user gave, or that the file's name gives."""
    found = asked.name.search(one.origin) if asked.name else None
    groups = {key: clean(text) for key, text in found.groupdict().items() if text} if found else {}
    label = asked.label or groups.get("label") or clean(one.label)
    subject = asked.subject or groups.get("subject") or clean(one.subject)
    more = one.more | ({"session": groups["session"]} if "session" in groups else {})
    return replace(one, label=label, subject=subject, more=more)
