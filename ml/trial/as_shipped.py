"""An application as a board runs it: what its header and its firmware say, watched by lib/health.

shipped = Shipped.of(committed(app, folder))
run = shipped.run(stream)             # run.detections, and run.flagged: the share of the time without an answer
"""

import dataclasses
from dataclasses import dataclass

import numpy as np

from ml.data.recordings import runs
from ml.data.streams import Stream
from ml.evaluate.streams import Detection, Scored, Tally, detect, match, spans, tally
from ml.native import health
from ml.trial.committed import Committed

BLOCKS = {"mic": 320}  # rows that lib/service hands on at a time: of sound at most a frame, of other sensors one


@dataclass(frozen=True)
class Ran:
    """What a stream came to."""

    scored: Scored  # the windows of all believable stretches, one after the other
    detections: list[Detection]  # told to the host; those in doubt are not
    flagged: float  # share of the samples that were not believed
    held_otherwise: float = 0.0  # share of the windows in which the device was held otherwise than the model knows
    blind: float = 0.0  # share of the windows in which the network ran, and of which the device says it cannot judge

    def judged(self, labels: list[str], tolerance_s: float) -> tuple[Tally, list[Detection]]:
        """Against the stream's truth."""
        stream = self.scored.stream
        matched = match(self.detections, spans(stream, labels, tolerance_s), labels)
        return tally(matched, stream), matched


@dataclass(frozen=True)
class Shipped:
    """A committed model behind the watch that its firmware names."""

    made: Committed
    labels: list[str]
    watch: health.Config | None  # None: everything is believed

    @classmethod
    def of(cls, made: Committed, labels: list[str]) -> "Shipped":
        """With the watch that the application's firmware has."""
        return cls(made, labels, health.limits(made.app.health))

    def run(self, stream: Stream) -> Ran:
        """Front end, gate, model and decision in C. While the samples are not believable the application sees none of
        them; then everything starts afresh."""
        believed, doubted = self._watched(stream)
        pieces = [(start, self._score(stream, start, end)) for start, end in runs(believed)]
        found = [
            dataclasses.replace(one, sample=start + one.sample)
            for start, scored in pieces
            for one in detect(scored, self.labels, self.made.config)
        ]
        told = [one for one in found if not doubted[one.sample]]
        scored = _joined(stream, pieces, len(self.labels))
        otherwise = [~one.held for _, one in pieces if one.held is not None]
        blind = [one.blind for _, one in pieces if one.blind is not None]
        return Ran(scored, told, _share(~believed), _share_of(otherwise), _share_of(blind))

    def _watched(self, stream: Stream) -> tuple[np.ndarray, np.ndarray]:
        count = len(stream.samples)
        if self.watch is None or not count:
            return np.ones(count, bool), np.zeros(count, bool)
        seen = health.watch(stream.samples, self.watch, stream.rate_mhz, BLOCKS.get(stream.sensor, 1))
        return seen.believable, seen.doubtful

    def _score(self, stream: Stream, start: int, end: int) -> Scored:
        part = dataclasses.replace(stream, samples=stream.samples[start:end], truth=())
        return self.made.app.score(part, self.made.model)


def _share(told: np.ndarray) -> float:
    return float(told.mean()) if len(told) else 0.0


def _share_of(parts: list[np.ndarray]) -> float:
    return _share(np.concatenate(parts)) if parts else 0.0


def _joined(stream: Stream, pieces: list[tuple[int, Scored]], classes: int) -> Scored:
    if not pieces:
        return Scored(stream, np.empty((0, classes), np.int8), np.empty(0, int), None)
    awake = [np.ones(len(one.sample), bool) if one.awake is None else one.awake for _, one in pieces]
    scores = np.concatenate([one.scores for _, one in pieces])
    sample = np.concatenate([start + one.sample for start, one in pieces])
    return Scored(stream, scores, sample, np.concatenate(awake))
