"""Chooses the operating point: smoothing, threshold and refractory time, on streams of people whom training left out.

Of the settings whose false alarms per hour meet the target the one with the highest detection rate. Counts are noisy:
of a threshold and its two neighbours the mean counts, so that a lucky peak does not win, and of equals the one with the
fewest false alarms and the most equals around it. Where no setting meets the target, the one with the fewest false
alarms is taken, and `Tuned.met` says so. What was reached on these streams is an estimate, too favourable since it was
chosen by them: its interval belongs to it, and other streams must judge it (`python -m ml stream`).
"""

import itertools
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ml.evaluate.streams import Scored, Tally, judge, spans
from ml.native.decide import NEVER, DecideConfig, sweep
from ml.native.parallel import each

Background = int | tuple[int, ...]  # classes that never make an event: see App.background in ml/pipeline/contract.py
AROUND = (0.5, 1.0, 2.0)  # times the target: where a network is compared with another


class Grid(Protocol):
    """What is tried, and what is wanted."""

    smoothing: tuple[int, ...]
    threshold: tuple[int, ...]  # rising
    refractory: tuple[int, ...]
    tolerance_s: float
    target_false_alarms_per_hour: float
    fallback: tuple[int, int, int]  # smoothing, threshold, refractory, where nothing can be tuned


@dataclass(frozen=True)
class Tuned:
    """A decision and what it came to where it was chosen."""

    config: DecideConfig
    tally: Tally
    target: float  # false alarms per hour
    met: bool  # by the tally's point estimate
    value: float  # how good the scores are: the mean detection rate around the target; below 0 where it is out of reach

    def summary(self) -> dict:
        """JSON-able."""
        return {"target_per_hour": self.target, "met": self.met} | self.tally.summary()


def decision(
    labels: list[str], background: Background, smoothing: int, threshold: int, refractory: int
) -> DecideConfig:
    """One threshold for all classes that may make an event."""
    first, *others = (background,) if isinstance(background, int) else background
    each_class = tuple(NEVER if index in others else threshold for index in range(len(labels)))
    return DecideConfig(each_class, first, smoothing, refractory)


def tune(
    scored: list[Scored], labels: list[str], background: Background, grid: Grid, target: float | None = None
) -> Tuned:
    """The best of the grid for `target` false alarms per hour, the grid's where it is None."""
    target = grid.target_false_alarms_per_hour if target is None else target
    hours = sum(one.stream.hours for one in scored)
    movements = sum(len(one.stream.truth) for one in scored)
    hits, others = counts(scored, labels, background, grid)
    at = _best(hits, others, target * hours, movements)
    smoothing, refractory, threshold = (
        tried[i] for tried, i in zip((grid.smoothing, grid.refractory, grid.threshold), at, strict=True)
    )
    config = decision(labels, background, smoothing, threshold, refractory)
    tally = sum((judge(one, labels, config, grid.tolerance_s)[0] for one in scored), Tally())
    met = bool(others[at] <= target * hours)
    return Tuned(config, tally, target, met, _value(hits, others, target * hours, movements))


def counts(
    scored: list[Scored], labels: list[str], background: Background, grid: Grid
) -> tuple[np.ndarray, np.ndarray]:
    """Hits and false alarms of all streams, int (smoothing, refractory, threshold) each."""

    def of_one(asked: tuple[int, Scored]) -> np.ndarray:
        smoothing, one = asked
        config = decision(labels, background, smoothing, 0, 0)
        happens = spans(one.stream, labels, grid.tolerance_s)
        return sweep(one.scores, one.awake, one.sample, happens, config, grid.refractory, grid.threshold)

    made = np.array(each(of_one, itertools.product(grid.smoothing, scored)))
    shape = (len(grid.smoothing), len(scored), len(grid.refractory), len(grid.threshold), 2)
    total = made.reshape(shape).sum(1)
    return total[..., 0], total[..., 1]


def _best(hits: np.ndarray, others: np.ndarray, allowed: float, movements: int) -> tuple[int, ...]:
    """Where in the grid; `allowed` is how many false alarms meet the target."""
    found, false = _with_neighbours(hits), _with_neighbours(others)
    for meets in ((others <= allowed) & (false <= allowed), others <= allowed, others == others.min()):
        if meets.any():
            break
    sensitive = found if movements else -np.arange(hits.shape[-1]) * np.ones(hits.shape)  # the lowest threshold
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


def _value(hits: np.ndarray, others: np.ndarray, allowed: float, movements: int) -> float:
    found, false = _with_neighbours(hits), _with_neighbours(others)
    best = [np.max(found, where=false <= factor * allowed, initial=0) for factor in AROUND]
    if max(best) > 0:
        return float(np.mean(best) / movements)
    return -float(false.min() / (false.min() + allowed)) if false.min() else 0.0
