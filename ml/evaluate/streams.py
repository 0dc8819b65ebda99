"""Detections in a continuous stream against what really happened there.

A detection is a hit when it names a movement that has begun and has not been hit yet, and comes no later than
`tolerance` after the movement's end. Anything else is a false detection: a wrong name, a second detection of the same
movement, or movement that means nothing. A movement without a hit is a miss.
"""

from dataclasses import dataclass

import numpy as np

from ml.data.streams import Stream, Truth
from ml.native.decide import DecideConfig, Event, decide


@dataclass(frozen=True)
class Detection:
    """An event of the decision on a stream."""

    label: str
    sample: int  # of the stream: the last one the decision saw
    score: int  # 0..255
    hit: int | None = None  # index of the movement in the stream's truth


@dataclass(frozen=True)
class Tally:
    """What a stream, or several, came to."""

    movements: int = 0
    hits: int = 0
    false: int = 0
    hours: float = 0.0
    delay_s: tuple[float, ...] = ()  # from the movement's end to its hit; negative: before the end

    @property
    def misses(self) -> int:
        return self.movements - self.hits

    @property
    def false_per_hour(self) -> float:
        return self.false / self.hours if self.hours else 0.0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    def summary(self) -> dict:
        """JSON-able."""
        return {
            "movements": self.movements,
            "hits": self.hits,
            "misses": self.misses,
            "false_detections": self.false,
            "hours": round(self.hours, 4),
            "false_per_hour": round(self.false_per_hour, 2),
            "median_delay_s": round(float(np.median(self.delay_s)), 3) if self.delay_s else None,
        }


@dataclass(frozen=True)
class Scored:
    """A stream after front end and model, before the decision: what thresholds are tuned on."""

    stream: Stream
    scores: np.ndarray  # int8 (windows, classes)
    sample: np.ndarray  # int (windows,): last sample of each window
    awake: np.ndarray | None = None  # bool (windows,): the gate let the network run; None: it always does


def detect(scored: Scored, labels: list[str], config: DecideConfig) -> list[Detection]:
    """Runs scores through the C decision."""
    return [_detection(event, scored, labels) for event in decide(scored.scores, config, scored.awake)]


def _detection(event: Event, scored: Scored, labels: list[str]) -> Detection:
    return Detection(labels[event.class_id], int(scored.sample[event.window]), event.score)


def match(found: list[Detection], truth: tuple[Truth, ...], tolerance: int) -> list[Detection]:
    """Says of each detection, in order, which movement it hit: the earliest open one with its label."""
    hit: set[int] = set()
    matched = []
    for one in found:
        candidates = (
            index
            for index, movement in enumerate(truth)
            if index not in hit
            and movement.label == one.label
            and movement.start < one.sample < movement.end + tolerance
        )
        index = next(candidates, None)
        if index is not None:
            hit.add(index)
        matched.append(Detection(one.label, one.sample, one.score, index))
    return matched


def tally(matched: list[Detection], stream: Stream) -> Tally:
    """Counts the detections on one stream."""
    hits = [one for one in matched if one.hit is not None]
    delays = tuple((one.sample + 1 - stream.truth[one.hit].end) * 1000 / stream.rate_mhz for one in hits)
    return Tally(len(stream.truth), len(hits), len(matched) - len(hits), stream.hours, delays)


def judge(scored: Scored, labels: list[str], config: DecideConfig, tolerance_s: float) -> tuple[Tally, list[Detection]]:
    """Decision, matching and counts of one stream."""
    tolerance = round(tolerance_s * scored.stream.rate_mhz / 1000)
    matched = match(detect(scored, labels, config), scored.stream.truth, tolerance)
    return tally(matched, scored.stream), matched
