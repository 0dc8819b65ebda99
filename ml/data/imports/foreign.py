"""A recording as another tool wrote it, before its columns have our names and units."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ml.data.names import alike, composed, names_of
from ml.data.untrusted import encoding_of, lines

KINDS = ("label", "subject", "session")
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
    stray: bool = False  # it may be no recording at all: where something is not known of it, it is left out and told

    @property
    def known_hz(self) -> float:
        """`rate_hz` of a recording whose rate is known."""
        if self.rate_hz is None:
            raise ValueError(f"{self.origin}: expected a sample rate, found none")
        return self.rate_hz

    def part(self, rows: slice, more: dict[str, str]) -> "Foreign":
        """Some samples of it."""
        time = None if self.time_us is None else self.time_us[rows]
        return replace(self, values=self.values[rows], time_us=time, more=self.more | more)

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
    whole: bool = False  # recordings with a manifest keep its label, where their samples have labels of their own


def read_text(path: Path) -> str:
    """A text file in UTF-8 or Latin-1, without carriage returns."""
    return "".join(lines(path, encoding_of(path)))


def named(takes: list[Foreign], asked: Asked, notes: Notes) -> list[Foreign]:
    """With the labels, subjects and sessions that the user gave, or that the files' names give: all together, so that
    no two of them become one."""
    said = [_said(one, asked) for one in takes]
    names = {kind: names_of(each[kind] for each in said) for kind in KINDS}
    for kind in KINDS:
        _tell(kind, names[kind], notes)
    made = []
    for one, each in zip(takes, said, strict=True):
        label, subject, session = (names[kind][each[kind]] for kind in KINDS)
        made.append(
            replace(one, label=label, subject=subject, more=one.more | ({"session": session} if session else {}))
        )
    return made


def _tell(kind: str, names: dict[str, str], notes: Notes) -> None:
    """Which names are not as they were."""
    apart = alike(names)
    for group in apart:
        said = " and ".join(f"{one[:40]!r} as {names[one]!r}" for one in group[:4] if one in names)
        notes.add(kind, f"{kind}s that are alike are kept apart: {said}")
    told = {one for group in apart for one in group}
    for original, name in sorted(names.items()):
        if kind == "label" and name and name != composed(original) and original not in told:
            notes.add(kind, f"{kind} {original[:40]!r} is written {name!r}")


def _said(one: Foreign, asked: Asked) -> dict[str, str]:
    found = asked.name.search(one.origin) if asked.name else None
    groups = {key: text for key, text in found.groupdict().items() if text} if found else {}
    return {
        "label": asked.label or groups.get("label") or one.label,
        "subject": asked.subject or groups.get("subject") or one.subject,
        "session": groups.get("session") or one.more.get("session", ""),
    }
