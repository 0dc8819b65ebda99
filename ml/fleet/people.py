"""A board for each person of a data set: what its examples look like to the last layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ml.data.manifest import Dataset
from ml.data.streams import Stream
from ml.errors import UserError
from ml.fleet.features import features
from ml.fleet.layer import Layer
from ml.pipeline.contract import App
from ml.progress import track
from ml.trial.committed import Committed

NOTHING = 24  # windows without a movement, of a person


@dataclass(frozen=True)
class Person:
    """What the last layer is given, of one person: the first half of the repetitions to learn from, the others not."""

    name: str
    features: np.ndarray  # int8 (n, features)
    labels: np.ndarray  # int (n,)
    windows: np.ndarray  # int8 (m, ...): of the others, what the whole network is given
    test: np.ndarray  # int8 (m, features)
    test_labels: np.ndarray  # int (m,)


def people(model: Committed, layer: Layer, data: Dataset) -> list[Person]:
    """Everybody of the data who shows a label of the model. The features are computed once: rounds only train what is
    behind them."""
    labels = model.labels(data)
    known = [item for item in data.items if item.label in labels]
    subjects = sorted({item.subject for item in known})
    if not known:
        raise UserError(f"expected recordings of {', '.join(labels)}, found {', '.join(data.labels)}")
    mine = Dataset(tuple(known), data.hash)
    return [_person(model, layer, mine.of([name]), labels, name) for name in track(subjects, "people", len(subjects))]


def _person(model: Committed, layer: Layer, data: Dataset, labels: list[str], name: str) -> Person:
    windows, shown = _shown(model.app, data, labels)
    seen = features(model.model, layer, windows)
    order = np.argsort(shown, kind="stable")
    learns = np.zeros(len(shown), bool)
    for label in np.unique(shown):
        mine = order[shown[order] == label]
        learns[mine[: (len(mine) + 1) // 2]] = True
    mixed = _mixed(shown[learns])
    return Person(name, seen[learns][mixed], shown[learns][mixed], windows[~learns], seen[~learns], shown[~learns])


def _mixed(shown: np.ndarray) -> np.ndarray:
    """An order in which the classes take turns, as a board's steps need it."""
    rank = np.array([np.count_nonzero(shown[:at] == label) for at, label in enumerate(shown)])
    return np.lexsort((shown, rank))


def _shown(app: App, data: Dataset, labels: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """A window for each repetition, and some in which nothing is meant: int8 (n, ...), int (n,)."""
    held = app.held_out(data, labels)
    background = app.background(labels)
    if not isinstance(background, int):
        return held.inputs, held.labels
    quiet = [window for stream in app.streams(data, 0) for window in _between(app, stream)]
    chosen = [quiet[at] for at in np.linspace(0, len(quiet) - 1, min(NOTHING, len(quiet))).astype(int)]
    inputs = np.concatenate([held.inputs, np.array(chosen, np.int8).reshape(-1, *held.inputs.shape[1:])])
    return inputs, np.concatenate([held.labels, np.full(len(chosen), background)])


def _between(app: App, stream: Stream) -> Iterator[np.ndarray]:
    """Windows of a stream that hold nothing of a movement."""
    made = app.inputs(stream.samples, stream.rate_mhz)
    meant = np.zeros(len(stream.samples) + 1, int)
    for one in stream.truth:
        meant[one.start + 1 : one.end + 1] = 1
    before, length = np.cumsum(meant), int(made.sample[0]) + 1 if len(made.sample) else 0
    for window, last in zip(made.windows, made.sample, strict=True):
        if before[last + 1] == before[last + 1 - length]:
            yield window
