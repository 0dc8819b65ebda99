"""Detections in a continuous stream against what really happened there.

A detection is a hit when it names a movement that has begun and has not been hit yet, and comes no later than
`tolerance` after the movement's end. Anything else is a false detection: a wrong name, a second detection of the same
movement, or movement that means nothing. A movement without a hit is a miss.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np

from ml.data.streams import Stream
from ml.evaluate.intervals import garwood, quantile, wilson
from ml.native import decide as native
from ml.native.decide import DecideConfig, Event, Span, decide

QUANTILES = (("median", 0.5), ("p95", 0.95))


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
    latency_s: tuple[float, ...] = ()  # from the movement's beginning to its hit

    @property
    def misses(self) -> int:
        return self.movements - self.hits

    @property
    def false_per_hour(self) -> float:
        return self.false / self.hours if self.hours else 0.0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            movements=self.movements + other.movements,
            hits=self.hits + other.hits,
            false=self.false + other.false,
            hours=self.hours + other.hours,
            delay_s=self.delay_s + other.delay_s,
            latency_s=self.latency_s + other.latency_s,
        )

    @classmethod
    def of(cls, kept: dict) -> "Tally":
        """From what `dataclasses.asdict` made of one and JSON of that."""
        delay_s, latency_s = (tuple(kept[name]) for name in ("delay_s", "latency_s"))
        return dataclasses.replace(cls(**kept), delay_s=delay_s, latency_s=latency_s)

    def summary(self) -> dict:
        """JSON-able, each figure with its 95 % interval (ml/evaluate/intervals.py); seconds as [value, low, high]."""
        low, high = garwood(self.false, self.hours)
        return {
            "movements": self.movements,
            "hits": self.hits,
            "misses": self.misses,
            "detection_rate": round(self.hits / self.movements, 4) if self.movements else None,
            "detection_interval": [round(one, 4) for one in wilson(self.hits, self.movements)],
            "false_detections": self.false,
            "hours": round(self.hours, 4),
            "false_per_hour": round(self.false_per_hour, 2),
            "false_per_hour_interval": [round(low, 3), round(high, 3) if self.hours else None],
            "median_delay_s": _rounded(quantile(self.delay_s, 0.5)[0]),
            "delay_s": {name: _quantile(self.delay_s, share) for name, share in QUANTILES},
            "latency_s": {name: _quantile(self.latency_s, share) for name, share in QUANTILES},
        }


def _quantile(values: tuple[float, ...], share: float) -> list[float | None]:
    return [_rounded(one) for one in quantile(values, share)]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


@dataclass(frozen=True)
class Scored:
    """A stream after front end and model, before the decision: what thresholds are tuned on."""

    stream: Stream
    scores: np.ndarray  # int8 (windows, classes)
    sample: np.ndarray  # int (windows,): last sample of each window
    awake: np.ndarray | None = None  # bool (windows,): the gate let the network run; None: it always does
    held: np.ndarray | None = None  # bool (windows,): the device is held as the model knows; None: any way will do
    blind: np.ndarray | None = None  # bool (awake windows,): the device says that it cannot judge; None: it never does

    @classmethod
    def gated(
        cls, stream: Stream, scores: np.ndarray, sample: np.ndarray, awake: np.ndarray, held: np.ndarray | None = None,
        blind: np.ndarray | None = None,
    ) -> "Scored":  # fmt: skip
        """Of the windows in which the network ran alone, `scores` int8 (awake windows, classes)."""
        whole = np.full((len(awake), scores.shape[1]), -128, np.int8)
        whole[awake] = scores
        return cls(stream, whole, sample, awake, held, blind)


def detect(scored: Scored, labels: list[str], config: DecideConfig) -> list[Detection]:
    """Runs scores through the C decision."""
    return [_detection(event, scored, labels) for event in decide(scored.scores, config, scored.awake)]


def _detection(event: Event, scored: Scored, labels: list[str]) -> Detection:
    return Detection(labels[event.class_id], int(scored.sample[event.window]), event.score)


def spans(stream: Stream, labels: list[str], tolerance_s: float) -> list[Span]:
    """The stream's truth in the decision's classes, each with the time after its end in which it may be detected."""
    tolerance = round(tolerance_s * stream.rate_mhz / 1000)
    known = {label: index for index, label in enumerate(labels)}
    return [Span(known.get(one.label, -1), one.start, one.end + tolerance) for one in stream.truth]


def match(found: list[Detection], happens: list[Span], labels: list[str]) -> list[Detection]:
    """Says of each detection, in order, which movement it hit: the earliest open one with its label."""
    class_ids = [labels.index(one.label) for one in found]
    hits = native.match(happens, class_ids, [one.sample for one in found])
    return [dataclasses.replace(one, hit=hit) for one, hit in zip(found, hits, strict=True)]


def tally(matched: list[Detection], stream: Stream) -> Tally:
    """Counts the detections on one stream."""
    hits = [one for one in matched if one.hit is not None]
    movements = [stream.truth[one.hit] for one in matched if one.hit is not None]
    delays, latencies = (
        tuple((one.sample + 1 - since) * 1000 / stream.rate_mhz for one, since in zip(hits, moments, strict=True))
        for moments in ([one.end for one in movements], [one.start for one in movements])
    )
    return Tally(len(stream.truth), len(hits), len(matched) - len(hits), stream.hours, delays, latencies)


def judge(scored: Scored, labels: list[str], config: DecideConfig, tolerance_s: float) -> tuple[Tally, list[Detection]]:
    """Decision, matching and counts of one stream."""
    matched = match(detect(scored, labels, config), spans(scored.stream, labels, tolerance_s), labels)
    return tally(matched, scored.stream), matched
