"""Chooses the operating point: smoothing, threshold and refractory time, on streams of people whom training left out.

Of the settings whose false alarms keep the limits (ml/evaluate/limits.py: the target by their count, the bound by the
upper end of the interval around it, where there are hours enough to prove that) the one with the highest detection rate
wins. Counts are noisy: of a threshold and its two neighbours the mean counts, so that a lucky peak does not win, and of
equals the one with the fewest false alarms and the most equals around it. A setting that finds nothing keeps no limit.
Where no setting keeps them, the one with the fewest false alarms that finds anything is taken, and `Tuned.met` says so.
Where the grid wants one, each class then has a threshold of its own (ml/evaluate/each_class.py).

What was reached on these streams is too favourable, since they chose. `Tuned.nested` is fairer: each person's streams
are judged by the setting that all others' chose. People whom nothing was chosen by judge at last (`python -m ml
stream`).
"""

import itertools
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from ml.evaluate.each_class import ClassCounts, best, class_counts, total
from ml.evaluate.limits import Limits, Wishes, limits_of
from ml.evaluate.streams import Scored, Tally, spans
from ml.native.decide import NEVER, DecideConfig, sweep
from ml.native.parallel import each

Background = int | tuple[int, ...]  # classes that never make an event: see App.background in ml/pipeline/contract.py
AROUND = (0.5, 1.0, 2.0)  # times the target: where a network is compared with another
TURNS = 10  # groups of people, at most, that are judged in turn by what the others chose


class Grid(Wishes, Protocol):
    """What is tried, and what is wanted."""

    smoothing: tuple[int, ...]
    threshold: tuple[int, ...]  # rising
    refractory: tuple[int, ...]
    tolerance_s: float
    fallback: tuple[int, int, int]  # smoothing, threshold, refractory, where nothing can be tuned
    # and `each_class: bool`, where each class shall have a threshold of its own; without it one is for all


@dataclass(frozen=True)
class Tuned:
    """A decision and what it came to where it was chosen."""

    config: DecideConfig
    tally: Tally
    limits: Limits
    met: bool  # something is found, and the false alarms counted keep the limits
    nested: Tally | None  # each person judged by what the others chose; None where there is one person only
    value: float  # how good the scores are: the mean detection rate around the target; below 0 where it is out of reach

    def summary(self) -> dict:
        """JSON-able."""
        asked = {"target_per_hour": self.limits.target, "upper_bound_per_hour": self.limits.bound}
        enough = self.tally.hours >= self.limits.least_hours
        return asked | {"met": self.met, "hours_suffice": enough} | self.tally.summary()


@dataclass(frozen=True)
class Counts:
    """What every setting of a grid came to on every stream."""

    hits: np.ndarray  # int (streams, smoothing, refractory, threshold)
    false: np.ndarray  # the same, of false alarms
    movements: np.ndarray  # int (streams,)
    hours: np.ndarray  # float (streams,)

    def of(self, streams: np.ndarray) -> "Counts":
        """Of some streams, bool (streams,)."""
        return Counts(*(getattr(self, name)[streams] for name in ("hits", "false", "movements", "hours")))

    def best(self, allowed: float) -> tuple[int, ...]:
        """Where in the grid; `allowed` is how many false alarms keep the limits."""
        return _best(self.hits.sum(0), self.false.sum(0), allowed, int(self.movements.sum()))


def decision(
    labels: list[str], background: Background, smoothing: int, threshold: int, refractory: int
) -> DecideConfig:
    """One threshold for all classes that may make an event."""
    first, *others = (background,) if isinstance(background, int) else background
    each_class = tuple(NEVER if index in others else threshold for index in range(len(labels)))
    return DecideConfig(each_class, first, smoothing, refractory)


def tune(
    scored: list[Scored],
    labels: list[str],
    background: Background,
    grid: Grid,
    limits: Limits | None = None,
) -> Tuned:
    """The best of the grid that keeps the limits, the grid's own where they are None."""
    limits = limits or limits_of(grid)
    found = counts(scored, labels, background, grid)
    hours = float(found.hours.sum())
    allowed = limits.allowed(hours)
    chooser = _Chooser(scored, labels, background, grid)
    config = chooser.config(found, np.ones(len(scored), bool), allowed)
    tally = total(scored, labels, config, grid.tolerance_s)
    met = tally.false <= allowed and (tally.hits > 0 or not tally.movements)
    nested = _nested(found, chooser, allowed / hours if hours else 0.0)
    return Tuned(config, tally, limits, met, nested, _value(found, limits.target * hours))


@dataclass(frozen=True)
class _Chooser:
    """Chooses by some of the streams."""

    scored: list[Scored]
    labels: list[str]
    background: Background
    grid: Grid
    by_class: dict[tuple[int, int], ClassCounts] = field(default_factory=dict)  # made once for all turns

    def config(self, found: Counts, streams: np.ndarray, allowed: float) -> DecideConfig:
        """By `streams`, bool (streams,), of which `found` are the counts."""
        grid, at = self.grid, found.best(allowed)
        smoothing, refractory, threshold = (
            tried[i] for tried, i in zip((grid.smoothing, grid.refractory, grid.threshold), at, strict=True)
        )
        config = decision(self.labels, self.background, smoothing, threshold, refractory)
        if not getattr(grid, "each_class", False) or not streams.any():
            return config
        counted = replace(self._of_classes(config).of(streams), config=config)
        return best(
            [one for one, mine in zip(self.scored, streams, strict=True) if mine],
            self.labels,
            counted,
            allowed,
            grid.tolerance_s,
        )

    def _of_classes(self, config: DecideConfig) -> ClassCounts:
        key = config.smoothing, config.refractory
        if key not in self.by_class:
            grid = self.grid
            self.by_class[key] = class_counts(self.scored, self.labels, config, grid.threshold, grid.tolerance_s)
        return self.by_class[key]


def counts(scored: list[Scored], labels: list[str], background: Background, grid: Grid) -> Counts:
    """Of all streams."""

    def of_one(asked: tuple[int, Scored]) -> np.ndarray:
        smoothing, one = asked
        config = decision(labels, background, smoothing, 0, 0)
        happens = spans(one.stream, labels, grid.tolerance_s)
        return sweep(one.scores, one.awake, one.sample, happens, config, grid.refractory, grid.threshold)

    made = np.array(each(of_one, itertools.product(grid.smoothing, scored)), int)
    shape = (len(grid.smoothing), len(scored), len(grid.refractory), len(grid.threshold), 2)
    by_stream = made.reshape(shape).swapaxes(0, 1)
    movements = np.array([len(one.stream.truth) for one in scored], int)
    return Counts(by_stream[..., 0], by_stream[..., 1], movements, np.array([one.stream.hours for one in scored]))


def _nested(found: Counts, chooser: _Chooser, allowed_per_hour: float) -> Tally | None:
    """Each person's streams at the setting that the other people's chose."""
    subjects = [one.stream.subject for one in chooser.scored]
    people = sorted(set(subjects))
    if len(people) < 2:
        return None
    made = Tally()
    for turn in range(min(TURNS, len(people))):
        judging = np.isin(subjects, people[turn::TURNS])
        chosen = found.of(~judging)
        config = chooser.config(chosen, ~judging, allowed_per_hour * float(chosen.hours.sum()))
        judged = [one for one, mine in zip(chooser.scored, judging, strict=True) if mine]
        made += replace(total(judged, chooser.labels, config, chooser.grid.tolerance_s), delay_s=(), latency_s=())
    return made


def _best(hits: np.ndarray, others: np.ndarray, allowed: float, movements: int) -> tuple[int, ...]:
    found, false = _with_neighbours(hits), _with_neighbours(others)
    useful = (hits > 0) if movements and hits.any() else np.ones(hits.shape, bool)
    fewest = others == others.min(where=useful, initial=np.iinfo(others.dtype).max)
    for meets in ((others <= allowed) & (false <= allowed), others <= allowed, fewest):
        if (meets & useful).any():
            break
    sensitive = found if movements else -np.arange(hits.shape[-1]) * np.ones(hits.shape)  # the lowest threshold
    meets = meets & useful
    keys = (_margin(sensitive, false, meets), -false, sensitive, meets)
    return tuple(int(i) for i in np.unravel_index(np.lexsort([key.ravel() for key in keys])[-1], hits.shape))


def _with_neighbours(values: np.ndarray) -> np.ndarray:
    """The mean of each threshold and its two neighbours."""
    padded = np.pad(values.astype(float), [*[(0, 0)] * (values.ndim - 1), (1, 1)], mode="edge")
    return (padded[..., :-2] + padded[..., 1:-1] + padded[..., 2:]) / 3


def _margin(*keys: np.ndarray) -> np.ndarray:
    """How many thresholds on each side are equal in all keys."""
    same = np.logical_and.reduce([np.diff(key.astype(float), axis=-1) == 0 for key in keys])
    left, right = np.zeros(keys[0].shape, int), np.zeros(keys[0].shape, int)
    for i in range(same.shape[-1]):
        left[..., i + 1] = np.where(same[..., i], left[..., i] + 1, 0)
        right[..., -2 - i] = np.where(same[..., -1 - i], right[..., -1 - i] + 1, 0)
    return np.minimum(left, right)


def _value(counted: Counts, allowed: float) -> float:
    found, false = _with_neighbours(counted.hits.sum(0)), _with_neighbours(counted.false.sum(0))
    best = [np.max(found, where=false <= factor * allowed, initial=0) for factor in AROUND]
    if max(best) > 0:
        return float(np.mean(best) / counted.movements.sum())
    return -float(false.min() / (false.min() + allowed)) if false.min() else 0.0
