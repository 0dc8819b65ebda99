"""Chooses smoothing, threshold and refractory time on streams of people who were not trained with."""

import itertools
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ml.evaluate.streams import Scored, Tally, judge
from ml.native.decide import DecideConfig


class Grid(Protocol):
    """What is tried, and what is preferred."""

    smoothing: tuple[int, ...]
    threshold: tuple[int, ...]
    refractory: tuple[int, ...]
    tolerance_s: float
    false_cost: float


@dataclass(frozen=True)
class Tuned:
    """A decision and what it came to where it was chosen."""

    config: DecideConfig
    tally: Tally
    value: float  # hits less the cost of false detections, as a share of the movements


def decision(labels: list[str], background: int, smoothing: int, threshold: int, refractory: int) -> DecideConfig:
    """One threshold for all classes."""
    return DecideConfig((threshold,) * len(labels), background, smoothing, refractory)


def tune(scored: list[Scored], labels: list[str], background: int, grid: Grid) -> Tuned:
    """The best of the grid. Of a threshold and its two neighbours the mean counts: a lucky peak does not."""
    best: Tuned | None = None
    for smoothing, refractory in itertools.product(grid.smoothing, grid.refractory):
        tallies = [
            _total(scored, labels, decision(labels, background, smoothing, threshold, refractory), grid.tolerance_s)
            for threshold in grid.threshold
        ]
        values = _with_neighbours(np.array([_value(one, grid.false_cost) for one in tallies]))
        at = int(values.argmax())
        if best is None or values[at] > best.value:
            chosen = decision(labels, background, smoothing, grid.threshold[at], refractory)
            best = Tuned(chosen, tallies[at], float(values[at]))
    return best


def _total(scored: list[Scored], labels: list[str], config: DecideConfig, tolerance_s: float) -> Tally:
    return sum((judge(one, labels, config, tolerance_s)[0] for one in scored), Tally())


def _value(tally: Tally, false_cost: float) -> float:
    return (tally.hits - false_cost * tally.false) / max(1, tally.movements)


def _with_neighbours(values: np.ndarray) -> np.ndarray:
    padded = np.pad(values, 1, mode="edge")
    return (padded[:-2] + padded[1:-1] + padded[2:]) / 3
