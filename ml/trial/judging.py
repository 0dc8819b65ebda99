"""What judges a committed model: recordings and streams of a folder, as they are or disturbed.

found = Material.of(committed(app, folder), data)
found.recordings(Disturbance(gain=-20))    # accuracy with its interval, by class and subject
found.run(Disturbance(gain=-20))           # each stream as a board would take it
"""

import dataclasses
import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ml.data.manifest import Dataset, Item
from ml.data.streams import Stream
from ml.data.synthesis.speech import NOISE, SILENCE
from ml.evaluate.accuracy import figures
from ml.evaluate.streams import Tally
from ml.progress import track
from ml.train.examples import HeldOut
from ml.train.training import to_int8
from ml.trial.as_shipped import Ran, Shipped
from ml.trial.committed import Committed, check_rate
from ml.trial.disturbances import Disturbance, babble_track
from ml.trial.stream_command import first_hours

LEAST_VOICES = 10  # recordings of speech that make babble
CLEAN = Disturbance()


@dataclass(frozen=True)
class Material:
    """Recordings, streams, and gestures (words, ...) that the model does not know."""

    made: Committed
    data: Dataset  # of classes that the model knows
    labels: list[str]
    foreign: list[str]  # labels that it does not know
    held_out: HeldOut | None  # None without recordings of known classes
    streams: list[Stream]
    unknown: list[Stream]  # a stream for each foreign label and rate, without anything to find
    seed: int = 0

    @classmethod
    def of(
        cls, made: Committed, data: Dataset, *, limit: int | None = None, hours: float | None = None, seed: int = 0
    ) -> "Material":
        """Of a whole folder; of its first streams, and so many hours of them, where that is asked."""
        check_rate(made, data)
        labels = made.labels(data)
        known = tuple(item for item in data.items if made.app.shows(item.label) in labels)
        strange = [item for item in data.items if made.app.shows(item.label) not in labels]
        kept = dataclasses.replace(data, items=known)
        return cls(
            made,
            kept,
            labels,
            sorted({item.label for item in strange}),
            made.app.held_out(kept, labels) if known else None,
            first_hours(made.app.streams(kept, 0)[:limit], hours) if known else [],
            first_hours(_unlabelled(made, data, strange), hours),
            seed,
        )

    @cached_property
    def babble(self) -> np.ndarray | None:
        """Many people at once, of the data's speech that is none of the events: float (n, 1); None without enough."""
        if self.made.app.sensor != "mic":
            return None
        silent = {SILENCE, NOISE}
        quiet = self.made.app.background(self.labels)
        nothing = {self.labels[one] for one in (quiet if isinstance(quiet, tuple) else (quiet,))}
        found = [
            item.recording.samples[:, 0]
            for item in self.data.items
            if item.label not in silent and self.made.app.shows(item.label) in nothing
        ]
        return babble_track(found, np.random.default_rng(self.seed)) if len(found) >= LEAST_VOICES else None

    def recordings(self, under: Disturbance = CLEAN) -> dict | None:
        """Accuracy over all and by subject, confusion, and what else the application says; None without any."""
        if self.held_out is None:
            return None
        shown = self.held_out if under.is_nothing else self._disturbed_windows(self.held_out, under)
        scores = to_int8(self.made.app.scores(self.made.model, shown.inputs))
        answers, subjects = scores.argmax(1), self._subjects(shown)
        everything = figures(shown.labels, answers, len(self.labels))
        by_subject = {}
        for subject in sorted(set(subjects)):
            of_one = subjects == subject
            by_subject[subject] = figures(shown.labels[of_one], answers[of_one], len(self.labels))
            by_subject[subject]["more"] = self.made.app.figures(_rows(shown, of_one), scores[of_one])
        return everything | {"by_subject": by_subject, "more": self.made.app.figures(shown, scores)}

    def _subjects(self, shown: HeldOut) -> np.ndarray:
        """Whose each row is; a part of a recording is called `file[start:end]`."""
        of_file = {item.file: item.subject for item in self.data.items}
        names = (str(file) for file in shown.files)
        return np.array([of_file.get(name) or of_file.get(name.rsplit("[", 1)[0], "?") for name in names])

    def _disturbed_windows(self, shown: HeldOut, under: Disturbance) -> HeldOut:
        """The same recordings with something wrong, through the device's front end."""
        app = self.made.app
        samples, inputs = shown.samples.copy(), []
        for row, (given, count, rate) in enumerate(zip(shown.samples, shown.count, shown.rate_mhz, strict=True)):
            seed = (self.seed, 1, row)
            made = under.apply(given[:count], app.sensor, int(rate), seed, babble=self.babble)
            samples[row, :count] = _as_long(made, int(count))
            inputs.append(app.inputs(samples[row, :count], int(rate)).windows[-1])
        return dataclasses.replace(shown, samples=samples, inputs=np.stack(inputs))

    def run(self, under: Disturbance = CLEAN, what: str = "streams") -> list[Ran]:
        """Each stream as a board would take it. `what` is said meanwhile."""
        return self._run(self.streams, under, what)

    def run_unknown(self, under: Disturbance = CLEAN) -> list[Ran]:
        """The streams of what the model does not know."""
        return self._run(self.unknown, under, "unknown")

    def _run(self, streams: list[Stream], under: Disturbance, what: str) -> list[Ran]:
        shipped = Shipped.of(self.made, self.labels)
        numbered = track(list(enumerate(streams)), what, len(streams))
        return [shipped.run(self._disturbed(stream, under, number)) for number, stream in numbered]

    def _disturbed(self, stream: Stream, under: Disturbance, number: int) -> Stream:
        if under.is_nothing:
            return stream
        seed = (self.seed, 0, number, zlib.crc32(stream.subject.encode()))
        spans = [(one.start, one.end) for one in stream.truth]
        made = under.apply(stream.samples, stream.sensor, stream.rate_mhz, seed, spans=spans, babble=self.babble)
        places = zip(stream.truth, under.moved(spans), strict=True)
        truth = tuple(dataclasses.replace(one, start=start, end=end) for one, (start, end) in places)
        return dataclasses.replace(stream, samples=made, truth=truth)

    def tallies(self, ran: list[Ran]) -> list[tuple[str, Tally]]:
        """Of each stream, by its subject."""
        tolerance = self.made.app.decision.tolerance_s
        return [(one.scored.stream.subject, one.judged(self.labels, tolerance)[0]) for one in ran]


def flagged(ran: list[Ran], what: str = "flagged") -> float:
    """Share of the time of all streams in which the device told that its sensor cannot be believed, or, `what` being
    "held_otherwise", that it is held otherwise than the model knows."""
    hours = sum(one.scored.stream.hours for one in ran)
    return sum(getattr(one, what) * one.scored.stream.hours for one in ran) / hours if hours else 0.0


def _unlabelled(made: Committed, data: Dataset, items: list[Item]) -> list[Stream]:
    """Recordings one after another, those of a label together, with nothing in them to be found."""
    if not items:
        return []
    joined = tuple(_as_take(item) for item in items)
    return [dataclasses.replace(one, truth=()) for one in made.app.streams(dataclasses.replace(data, items=joined), 0)]


def _as_take(item: Item) -> Item:
    nothing = np.zeros(len(item.recording.samples), bool)
    return dataclasses.replace(item, subject=item.label, recording=dataclasses.replace(item.recording, active=nothing))


def _as_long(samples: np.ndarray, count: int) -> np.ndarray:
    """The middle of what is longer; what is shorter keeps its ends."""
    lacking = count - len(samples)
    if lacking <= 0:
        first = -lacking // 2
        return samples[first : first + count]
    before = lacking // 2
    return np.pad(samples, ((before, lacking - before), (0, 0)), mode="edge")


def _rows(shown: HeldOut, which: np.ndarray) -> HeldOut:
    return HeldOut(**{name: values[which] for name, values in vars(shown).items()})
