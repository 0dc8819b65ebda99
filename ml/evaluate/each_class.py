"""A threshold for each class, where one for all is set by the class that is mistaken most.

The false alarms that the limits allow go where they buy most: each class takes the threshold with the highest
`hits - price * false alarms`, and of all prices that one wins whose thresholds find most and keep the limits. This is
Everett's rule for a shared budget (H. Everett, "Generalized Lagrange multiplier method for solving problems of optimum
allocation of resources", Operations Research 11(3), 1963).

A class has few false alarms where the thresholds lie, often none, and which class has them differs from people to
people: with what was counted alone, other people's false alarms were three to seven times as many as allowed. So a
third of what is expected of a class is what was counted, and the rest is an equal share of the false alarms of all
classes at that threshold.

The answer is never worse on the streams than the one threshold it began with: it finds as many at least and keeps the
same limits, or it is that one.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ml.evaluate.streams import Scored, Tally, judge, spans
from ml.native.decide import NEVER, DecideConfig, sweep
from ml.native.parallel import each

PRICES = np.geomspace(0.2, 200, 100)  # hits for a false alarm
COUNTED = 1 / 3  # weight of what was counted; the rest is the equal share


@dataclass(frozen=True)
class ClassCounts:
    """What each class alone came to at each threshold, the others making no event; a decision's smoothing and
    refractory time."""

    hits: np.ndarray  # int (streams, classes, thresholds)
    false: np.ndarray  # the same, of false alarms
    threshold: np.ndarray  # int (thresholds,), rising
    config: DecideConfig

    def of(self, streams: np.ndarray) -> "ClassCounts":
        """Of some streams, bool (streams,)."""
        return replace(self, hits=self.hits[streams], false=self.false[streams])

    @cached_property
    def found(self) -> np.ndarray:
        """Hits, float (classes, thresholds): the mean of each threshold and its neighbours."""
        return _with_neighbours(self.hits.sum(0))

    @cached_property
    def expected(self) -> np.ndarray:
        """False alarms, float (classes, thresholds)."""
        counted = _with_neighbours(self.false.sum(0))
        return COUNTED * counted + (1 - COUNTED) * counted.mean(0)

    def bought(self, price: float) -> np.ndarray:
        """Index of each class's threshold, int (classes,), where a false alarm costs so many hits; of equals the
        highest."""
        worth = self.found - price * self.expected
        return worth.shape[1] - 1 - worth[:, ::-1].argmax(1)

    def config_of(self, at: np.ndarray) -> DecideConfig:
        """The decision with these thresholds."""
        each = list(self.config.threshold)
        for one, threshold in zip(_own(self.config), self.threshold[at].tolist(), strict=True):
            each[one] = threshold
        return replace(self.config, threshold=tuple(each))

    def candidates(self, allowed: float) -> list[DecideConfig]:
        """Decisions that are expected to keep `allowed` false alarms, those that are expected to find most first."""
        made: dict[tuple[int, ...], float] = {}
        classes = np.arange(len(self.found))
        for price in PRICES:
            at = self.bought(price)
            if self.expected[classes, at].sum() <= allowed:
                made[tuple(at.tolist())] = float(self.found[classes, at].sum())
        return [self.config_of(np.array(one)) for one in sorted(made, key=lambda one: -made[one])]


def class_counts(
    scored: list[Scored], labels: list[str], config: DecideConfig, thresholds: tuple[int, ...], tolerance_s: float
) -> ClassCounts:
    """Of every class that may make an event by `config`."""
    own = _own(config)
    alone = [replace(config, threshold=tuple(0 if n == one else NEVER for n in range(len(labels)))) for one in own]

    def of_one(one: Scored) -> list[np.ndarray]:
        happens = spans(one.stream, labels, tolerance_s)
        heard = (one.scores, one.awake, one.sample, happens)
        return [sweep(*heard, each_one, [config.refractory], thresholds)[0] for each_one in alone]

    made = np.array(each(of_one, scored), int).reshape(len(scored), len(own), len(thresholds), 2)
    return ClassCounts(made[..., 0], made[..., 1], np.array(thresholds), config)


def best(
    scored: list[Scored], labels: list[str], found: ClassCounts, allowed: float, tolerance_s: float
) -> DecideConfig:
    """The decision that `found` began with, or a better one on the same streams."""
    before = total(scored, labels, found.config, tolerance_s)
    for one in found.candidates(allowed) if before.false <= allowed else []:
        made = total(scored, labels, one, tolerance_s)  # together: an event of one class silences the others for a time
        if made.false <= allowed and made.hits > before.hits:
            return one
    return found.config


def total(scored: list[Scored], labels: list[str], config: DecideConfig, tolerance_s: float) -> Tally:
    """Of all streams together."""
    return sum((judge(one, labels, config, tolerance_s)[0] for one in scored), Tally())


def thresholds(config: DecideConfig) -> list[int]:
    """Of the classes that may make an event."""
    return [config.threshold[one] for one in _own(config)]


def _own(config: DecideConfig) -> list[int]:
    """Classes that may make an event."""
    return [index for index, one in enumerate(config.threshold) if one != NEVER and index != config.background]


def _with_neighbours(values: np.ndarray) -> np.ndarray:
    padded = np.pad(values.astype(float), [(0, 0), (1, 1)], mode="edge")
    return (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / 3
