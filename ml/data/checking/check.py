"""All checks of a data set.

told = check(folder)     # -> Report: JSON-able findings, file by file
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from ml.data.checking import duplicates, neighbours
from ml.data.checking.features import features
from ml.data.checking.survey import Read, survey
from ml.data.quality import Finding, findings, timing
from ml.data.quality.noted import noted
from ml.data.recordings import clock_of
from ml.data.rows import Row
from ml.errors import UserError
from ml.native.parallel import each
from ml.progress import say

RARE = 10  # times fewer recordings than the commonest label has
SHORT = 8  # samples; nothing can be compared below


@dataclass(frozen=True)
class Told:
    """One finding about one recording, or about the whole ("")."""

    file: str
    kind: str
    text: str
    unusable: bool = False


@dataclass(frozen=True)
class Report:
    """What was looked at and what was found."""

    folder: str
    recordings: int
    told: tuple[Told, ...]
    neighbours_right: dict[str, float]  # kind of sensor -> share of recordings whose neighbours have their label

    @property
    def unusable(self) -> int:
        return len({one.file for one in self.told if one.unusable})

    def json(self) -> dict:
        return asdict(self) | {"unusable": self.unusable, "kinds": dict(Counter(one.kind for one in self.told))}


def check(folder: Path, compare: bool = True) -> Report:
    """Looks at every recording; with `compare` also at all pairs that resemble each other."""
    manifest, read = survey(folder)
    told = list(_each_alone(read)) + list(_whole(read))
    right: dict[str, float] = {}
    if compare:
        for sensor, group in _by_sensor(read).items():
            found, share = _compare(group)
            told += found
            right |= {} if share is None else {sensor: round(share, 4)}
    order = {file: place for place, file in enumerate(sorted({one.file for one in told}))}
    told.sort(key=lambda one: (not one.unusable, order[one.file], one.kind))
    return Report(str(manifest.parent if manifest.is_file() else manifest), len(read), tuple(told), right)


def _each_alone(read: list[Read]) -> Iterator[Told]:
    for one, found in zip(read, each(_alone, read), strict=True):
        for finding in found:
            yield Told(one.row.file, finding.kind, finding.text, finding.unusable)


def _alone(one: Read) -> list[Finding]:
    if one.recording is not None:
        return findings(one.recording, one.row.label) + noted(one.row.more, one.row.rate_hz)
    unreadable = [Finding("unreadable", one.error, unusable=True)] if one.error else []
    return unreadable + noted(one.row.more, one.row.rate_hz) + _stamps(one.row)


def _stamps(row: Row) -> list[Finding]:
    """What the time stamps of a file tell whose samples nobody could read."""
    if row.path.suffix.lower() != ".csv":
        return []
    try:
        return timing(clock_of(row.path), row.rate_hz)
    except UserError:  # reading the samples has told it already
        return []


def _whole(read: list[Read]) -> Iterator[Told]:
    """What only the list as a whole shows."""
    subjects = {one.row.subject for one in read}
    if len(subjects) < 2:
        yield Told("", "subjects", f"expected two subjects or more, found {len(subjects)}: nobody is left to test with")
    alike = defaultdict(set)
    for one in read:
        alike[re.sub(r"[^a-z0-9]", "", one.row.label.lower())].add(one.row.label)
    for labels in alike.values():
        if len(labels) > 1:
            yield Told("", "labels", f"expected one spelling of a label, found {' and '.join(sorted(labels))}")
    often = Counter(one.row.label for one in read).most_common()
    rare = [f"{label} {count}" for label, count in often if count * RARE < often[0][1]]
    if rare:
        yield Told(
            "", "balance", f"expected labels about as often, found {', '.join(rare)} of {often[0][0]} {often[0][1]}"
        )


def _by_sensor(read: list[Read]) -> dict[str, list[Read]]:
    groups: dict[str, list[Read]] = defaultdict(list)
    for one in read:
        if one.recording is not None and len(one.recording.samples) >= SHORT:
            kind = one.recording.sensor
            groups[kind if one.recording.gravity or kind == "mic" else f"{kind}, linear"].append(one)
    return dict(groups)


def _compare(group: list[Read]) -> tuple[list[Told], float | None]:
    if len(group) > neighbours.LARGEST:
        say(f"comparing {neighbours.LARGEST} of {len(group)} recordings")
        group = group[:: -(-len(group) // neighbours.LARGEST)]
    recordings = [one.known for one in group]
    described = features(recordings)
    told = list(_duplicates(group, recordings, described))
    found, share = neighbours.outliers(described, [one.row.label for one in group])
    for one in found:
        row = group[one.index].row
        text = (
            f"expected the neighbours of {row.label!r} to be so, found {one.votes} of {neighbours.NEIGHBOURS} labelled "
        )
        told.append(Told(row.file, "label", f"{text}{one.looks_like!r}; listen to it or look at it"))
    return told, share


def _duplicates(group: list[Read], recordings: list, described) -> Iterator[Told]:
    for same in duplicates.exact(recordings):
        first = group[same[0]].row
        for index in same[1:]:
            yield _twice(group[index].row, first, "the same samples as")
    for (one, two), likeness in duplicates.near(recordings, described):
        yield _twice(group[two].row, group[one].row, f"the same signal ({likeness:.4f}) as")


def _twice(row, first, what: str) -> Told:
    worse = "" if row.subject == first.subject else f" of another subject ({first.subject}): a test would know it"
    worse += "" if row.label == first.label else f", which is labelled {first.label!r}"
    return Told(row.file, "duplicate", f"expected each recording once, found {what} {first.file}{worse}")
