"""Windows to learn from.

Around each repetition, shifted, tilted, stronger, at another tempo (ml/data/augmentation.py), in raw units, then
through the C front end. The class `none` is whatever lies between: rest, unrelated movement, and windows that hold only
the beginning or the end of a gesture, which must not yet, or no longer, be answered; and simulated movement of every
other kind (others.py).

Every window has gravity, as the device that runs the model feels it: recordings from which it was removed get it back.
Then all of them are turned, as if the device were held in another way. Samples before a window tell the front end where
up is, as in a stream.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ml.data.augmentation import MIRROR, along, feel_gravity, replay, resample, tempo, turn_about, vary
from ml.data.manifest import Dataset, Item
from ml.data.recordings import ACCEL_PER_G, runs, saturate
from ml.errors import UserError
from ml.gesture_recognition.config import MIRRORED, NONE, FrontEnd, Training
from ml.gesture_recognition.others import other_windows
from ml.gesture_recognition.presentation import at_rest_around
from ml.native.imu import last_windows
from ml.train.examples import Examples

TRIES = 20  # places at which a window at some tempo may show nothing


@dataclass(frozen=True)
class Picture:
    """A varied window with what came before it, and its class."""

    window: np.ndarray  # float (lead + window, 6) in counts
    label: int
    gravity: bool  # still in it


@dataclass(frozen=True)
class Source:
    """A recording to cut windows from, at the model's rate."""

    samples: np.ndarray  # float (n, 6) in counts
    label: int
    gravity: bool  # still in it
    spans: list[tuple[int, int]]  # of the movements in it


def training_examples(
    dataset: Dataset, labels: list[str], front_end: FrontEnd, training: Training, seed: int
) -> Examples:
    """Varied windows of every movement, and of nothing; in random order."""
    rng = np.random.default_rng(seed)
    cutter = _Cutter(labels, front_end, training, rng)
    sources = _sources(dataset, labels, front_end)
    pictures = [picture for source in sources for picture in cutter.movements(source)]
    pictures += cutter.nothing(sources, round(len(pictures) * training.background))
    raw = _as_felt(pictures, front_end, training, rng)
    classes = np.array([picture.label for picture in pictures])
    none = labels.index(NONE)
    others = other_windows(
        int(np.count_nonzero(classes != none)),
        training.others,
        training.lead + front_end.window,
        front_end.rate_hz,
        rng,
    )
    raw, classes = np.concatenate([raw, others]), np.concatenate([classes, np.full(len(others), none)])
    order = rng.permutation(len(raw))
    return Examples(_through(raw[order], front_end, training), classes[order])


def _through(raw: np.ndarray, front_end: FrontEnd, training: Training) -> np.ndarray:
    """Windows int8 (n, window, 6) of the C front end; every other one without what came before it."""
    made = np.empty((len(raw), front_end.window, raw.shape[-1]), np.int8)
    for first, lead in ((0, 0), (1, training.lead)):
        made[first::2], _ = last_windows(saturate(raw[first::2, training.lead - lead :]), front_end.imu())
    return made


def _as_felt(pictures: list[Picture], front_end: FrontEnd, training: Training, rng: np.random.Generator) -> np.ndarray:
    """All windows, float (n, lead + window, 6), with gravity, the device held in any of the ways to be learned."""
    by = training.variation
    raw = np.stack([picture.window for picture in pictures])
    lacking = ~np.array([picture.gravity for picture in pictures])
    up = np.array(front_end.hold) / np.linalg.norm(front_end.hold) + rng.normal(0, by.hold, (len(raw), 3))
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    turns = lacking & (rng.random(len(raw)) < by.gravity)
    raw[turns] = feel_gravity(raw[turns], up[turns], front_end.rate_hz)
    stays = lacking & ~turns
    raw[stays, :, :3] += up[stays, None] * ACCEL_PER_G
    return turn_about(raw, by.turn_deg, rng)


def _sources(dataset: Dataset, labels: list[str], front_end: FrontEnd) -> list[Source]:
    """Whole takes; single repetitions only where their person has no take of that label (they are cut from it)."""
    taken = {(item.subject, item.label) for item in dataset.takes()}
    items = [item for item in dataset.items if item.is_take or (item.subject, item.label) not in taken]
    if not items:
        raise UserError("expected recordings to learn from, found none")
    return [_source(item, labels, front_end) for item in items]


def _source(item: Item, labels: list[str], front_end: FrontEnd) -> Source:
    recording = item.recording
    ratio = recording.rate_mhz / (front_end.rate_hz * 1000)
    samples, active = recording.samples, recording.active
    if active is None:
        around = math.ceil(front_end.window * ratio)
        active = np.pad(np.ones(len(samples), bool), around)
        samples = at_rest_around(recording, around, around)
    spans = [(int(start / ratio), math.ceil(end / ratio)) for start, end in runs(active)]
    return Source(resample(samples, ratio), labels.index(item.label), recording.gravity, spans)


Place = tuple[Source, float]  # and the centre of a window, in samples


@dataclass(frozen=True)
class _Cutter:
    labels: list[str]
    front_end: FrontEnd
    training: Training
    rng: np.random.Generator

    def movements(self, source: Source) -> Iterator[Picture]:
        """Each repetition, varied, near the middle of a window."""
        shift = self.training.variation.shift_s * self.front_end.rate_hz
        for start, end in source.spans:
            for _ in range(self.training.variations):
                centre = (start + end - 1) / 2 + self.rng.uniform(-shift, shift)
                yield self.picture(source, source.label, centre, self.pace())

    def nothing(self, sources: list[Source], count: int) -> list[Picture]:
        """`count` varied windows without a whole movement."""
        steady = np.ones(self.training.lead + self.front_end.window)
        places = [(source, centre) for source in sources for centre in self.empty(source, steady)]
        if not places:
            raise UserError("expected some rest between the movements, found none; record longer takes")
        return [self.picture(*self.somewhere(places, steady)) for _ in range(count)]

    def somewhere(self, places: list[Place], steady: np.ndarray) -> tuple[Source, int, float, np.ndarray]:
        """One of the places, and a tempo at which its window still shows nothing; as recorded where none is found."""
        none, pace = self.labels.index(NONE), self.pace()
        reach = self.reach(pace)
        for at in self.rng.integers(0, len(places), TRIES):
            source, centre = places[at]
            if self.shows_nothing(source, np.array([centre]), reach)[0]:
                return source, none, centre, pace
        source, centre = places[self.rng.integers(0, len(places))]
        return source, none, centre, steady

    def empty(self, source: Source, pace: np.ndarray) -> np.ndarray:
        """Centres of windows at that tempo that show nothing."""
        centres = np.arange(len(source.samples))
        return centres[self.shows_nothing(source, centres, self.reach(pace))]

    def shows_nothing(self, source: Source, centres: np.ndarray, reach: tuple[float, float]) -> np.ndarray:
        """Whether windows hold at most `rest_overlap` of any movement (of the window, if that is shorter)."""
        before, after = reach
        empty = np.ones(len(centres), bool)
        for start, end in source.spans:
            overlap = np.minimum(centres + after, end) - np.maximum(centres - before, start)
            empty &= overlap <= self.training.rest_overlap * min(end - start, before + after)
        return empty

    def pace(self) -> np.ndarray:
        """A tempo for a window and what comes before it."""
        window = self.front_end.window
        return tempo(self.training.lead + window, window, self.training.variation, self.rng)

    def reach(self, pace: np.ndarray) -> tuple[float, float]:
        """How much of a recording a window holds at that tempo, before and after its centre, in samples."""
        at = along(pace, self.front_end.window)
        return pace[-self.front_end.window] / 2 - at[-self.front_end.window], at[-1] + pace[-1] / 2

    def picture(self, source: Source, label: int, centre: float, pace: np.ndarray) -> Picture:
        """A varied window around a place, and its class."""
        variation = self.training.variation
        whole = replay(source.samples, centre + along(pace, self.front_end.window), pace)
        window = vary(whole, variation, self.rng)
        mirrored = {MIRRORED.get(name) for name in self.labels} <= set(self.labels)
        if variation.mirror and mirrored and self.rng.random() < 0.5:
            return Picture(window * MIRROR, self.labels.index(MIRRORED[self.labels[label]]), source.gravity)
        return Picture(window, label, source.gravity)
