"""Recordings as the model takes them: by machine and speed, short captures of one condition joined to longer pieces."""

import dataclasses
import re
from dataclasses import dataclass

import numpy as np

from ml.data.manifest import Dataset, Item
from ml.errors import UserError
from ml.vibration_anomaly.config import NORMAL

MACHINE = "machine"  # in `Item.more`: the subject before the recordings were cut into parts


@dataclass(frozen=True)
class Piece:
    """A stretch of one machine at one speed in one condition."""

    file: str  # the first of its recordings
    subject: str  # machine and speed
    label: str  # of the data: normal, or what is wrong
    samples: np.ndarray  # int16 (n, 3) in counts
    rate_mhz: int
    off: bool = False  # the machine is switched off: that says what its sensor's noise is, and nothing about running
    way: tuple[str, ...] = ()  # machine, speed and condition: pieces that are alike in it differ in time alone

    @property
    def normal(self) -> bool:
        """It runs as it should."""
        return self.label == NORMAL and not self.off


def by_speed(data: Dataset) -> Dataset:
    """The same, each machine's speeds as subjects of their own: what is left out is a speed never heard."""
    items = tuple(dataclasses.replace(item, subject=_speed(item)) for item in data.items)
    return dataclasses.replace(data, items=items)


def in_parts(data: Dataset, parts: int = 4) -> Dataset:
    """The same, the recordings of each condition cut into parts in the order of their names: the subjects are the
    parts. What a speed is like nobody learns from two others, so with few speeds all of them are in every part. The
    same data as `by_speed` gives where a condition has fewer than two recordings."""
    groups: dict[tuple, list[Item]] = {}
    for item in data.items:
        groups.setdefault(_condition(item), []).append(item)
    parts = min(parts, *(len(group) for group in groups.values()))
    if parts < 2:
        return by_speed(data)
    part = {
        item.file: f"{item.subject}_part{1 + place * parts // len(group)}"
        for group in groups.values()
        for place, item in enumerate(group)
    }
    items = (
        dataclasses.replace(item, subject=part[item.file], more=dict(item.more) | {MACHINE: item.subject})
        for item in data.items
    )
    return dataclasses.replace(data, items=tuple(items))


def _condition(item: Item) -> tuple[str, str, str]:
    return _speed(item), item.label, item.more.get("condition", "")


def _is_off(item: Item) -> bool:
    return "off" in (item.label, item.more.get("condition", ""), item.session)


def _speed(item: Item) -> str:
    """The session where it is no mere number, else the condition before what is wrong (`low` of `low_coin`)."""
    speed = item.session if not item.session.isdigit() else re.split("[_-]", item.more.get("condition", ""))[0]
    return f"{item.subject}_{speed}"[:31] if speed else item.subject


def rate_of(data: Dataset) -> int:
    """The rate of all recordings, in millihertz."""
    rates = sorted({item.recording.rate_mhz for item in data.items})
    if len(rates) != 1:
        found = ", ".join(f"{rate / 1000:g}" for rate in rates)
        raise UserError(f"expected recordings of one rate, found {found} Hz; name a folder with one kind of sensor")
    return rates[0]


def pieces(data: Dataset, span: int) -> list[Piece]:
    """Recordings of at least `span` samples one by one; shorter ones of a condition after each other, in order of their
    names. What is still too short is left out."""
    groups: dict[tuple, list[Item]] = {}
    for item in data.items:
        alone = item.file if len(item.recording.samples) >= span else ""
        key = (item.subject, item.label != NORMAL, item.label, item.more.get("condition", ""), alone)
        groups.setdefault(key, []).append(item)
    made = [_joined(groups[key]) for key in sorted(groups)]
    return [piece for piece in made if len(piece.samples) >= span]


def _joined(items: list[Item]) -> Piece:
    first = items[0]
    samples = np.concatenate([item.recording.samples for item in items])
    way = (first.more.get(MACHINE, first.subject), first.session, first.more.get("condition", ""))
    if first.session.isdigit():  # a number of the recording, no speed
        way = (way[0], "", way[2])
    return Piece(first.file, first.subject, first.label, samples, first.recording.rate_mhz, _is_off(first), way)
