"""What the windows of some speeds say about the speeds between them, and which speeds hide faults.

An unbalance pulls with the square of the speed. Of a fan that turns slowly the sensor sees hardly more than its own
noise. Nobody can judge the machine there, and the firmware says so. Whether a fault shows is found by leaving each
speed of the training out in turn.
"""

import dataclasses
import itertools

import numpy as np

from ml.native import anomaly
from ml.native.anomaly import Gaussians
from ml.vibration_anomaly import model
from ml.vibration_anomaly.config import Config

SMOOTHED = 8  # windows
FEW = 40  # windows: of fewer nobody learns how far a part strays from the others


@dataclasses.dataclass(frozen=True)
class Unseen:
    """Levels 0..255 at a speed that a mixture of the others has not seen."""

    normal: np.ndarray  # of its normal windows
    faults: list[np.ndarray]  # of the windows of each recorded fault


def with_between(speeds: list[np.ndarray], config: Config, level_every: int, seed: int) -> list[np.ndarray]:
    """The windows of speeds, int8 (n, features) each, and, where there are many speeds, as many between each two that
    shake nearly alike."""
    if len(speeds) < config.training.continuum:
        return speeds
    rng = np.random.default_rng(seed)
    ordered = sorted(speeds, key=lambda one: float(one[:, ::level_every].mean()))
    return speeds + [_mixed(slow, fast, rng) for slow, fast in itertools.pairwise(ordered)]


def by_hiding(
    normal: dict[str, np.ndarray], blind: set[str], config: Config, level_every: int, seed: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """The windows of the speeds at which faults show and of those between them, and the same of all others. Between a
    speed that hides faults and one that does not nobody knows where they begin to show: it counts as hiding them."""
    show, hide = ({name for name in normal if (name in blind) == hides} for hides in (False, True))
    made = [with_between([normal[name] for name in sorted(one)], config, level_every, seed) for one in (show, hide)]
    if not blind or len(normal) < config.training.continuum:
        return made[0], made[1]
    rng = np.random.default_rng(seed)
    ordered = itertools.pairwise(_by_level(normal, level_every))
    edges = [_mixed(normal[one], normal[other], rng) for one, other in ordered if (one in blind) != (other in blind)]
    return made[0], made[1] + edges


def _mixed(slow: np.ndarray, fast: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    count = min(len(slow), len(fast))
    share = rng.random((count, 1))
    mixed = slow[rng.integers(0, len(slow), count)] * (1 - share) + fast[rng.integers(0, len(fast), count)] * share
    return np.rint(mixed).astype(np.int8)


@dataclasses.dataclass(frozen=True)
class Speeds:
    """What the windows of some speeds say of one more."""

    normal: dict[str, np.ndarray]  # int8 (n, features) of each
    config: Config
    level_every: int
    seed: int
    made: dict[frozenset[str], tuple[np.ndarray, Gaussians]] = dataclasses.field(default_factory=dict, repr=False)

    def heard(self, names: frozenset[str]) -> tuple[np.ndarray, Gaussians]:
        """Windows of these speeds and of those between them, and a mixture of them."""
        if names not in self.made:
            once = dataclasses.replace(self.config.mixture, starts=1)  # so often it is done that one start must do
            some = [self.normal[name] for name in sorted(names)]
            windows = np.concatenate(with_between(some, self.config, self.level_every, self.seed))
            self.made[names] = windows, model.mixture(windows, once, self.seed)
        return self.made[names]

    def far(self, windows: np.ndarray, names: frozenset[str]) -> np.ndarray:
        """The level, float (n,), that what is normal comes to at a speed like that of each window if it is not heard:
        the higher one of the two of these speeds, each left out in turn, that shake nearly as much."""
        inner = between_others({name: self.normal[name] for name in names}, self.level_every)
        strays = np.array([self._stray(name, names) for name in inner])
        level = np.array([self._level(self.normal[name]).mean() for name in inner])
        after = np.searchsorted(level, self._level(windows))
        last = len(inner) - 1
        return np.maximum(strays[np.clip(after - 1, 0, last)], strays[np.minimum(after, last)])

    def _stray(self, name: str, names: frozenset[str]) -> float:
        levels = level_of(self.normal[name], self.heard(names - {name})[1])
        return float(np.quantile(levels, 1 - self.config.mixture.passed_over))

    def _level(self, windows: np.ndarray) -> np.ndarray:
        return windows[:, :: self.level_every].mean(1)

    def unseen(self, faulty: dict[str, list[np.ndarray]]) -> dict[str, Unseen]:
        """Each speed judged by what the others say; their own strays make that as wide as it must be."""
        made = {}
        for name, own in self.normal.items():
            others = frozenset(self.normal) - {name}
            windows, tables = self.heard(others)
            tables = model.as_wide(tables, windows, self.far(windows, others), self.config.mixture)
            made[name] = Unseen(level_of(own, tables), [level_of(fault, tables) for fault in faulty.get(name, [])])
        return made


def level_of(windows: np.ndarray, tables: Gaussians) -> np.ndarray:
    """0..255, float (n,), the higher the farther from what is normal."""
    return anomaly.scores(anomaly.distances(windows, tables))[:, 1] + 128.0


def in_parts(windows: np.ndarray, part: np.ndarray, config: Config, seed: int) -> np.ndarray:
    """The level, float (n,), of the windows of each part by a mixture of the other parts; empty where there is but
    one. `part` is int (n,)."""
    once, parts = dataclasses.replace(config.mixture, starts=1), np.unique(part)
    if len(parts) < 2 or len(windows) < FEW:
        return np.zeros(0)
    far = np.empty(len(windows))
    for one in parts:
        far[part == one] = level_of(windows[part == one], model.mixture(windows[part != one], once, seed))
    return far


def hiding(levels: dict[str, Unseen], normal: dict[str, np.ndarray], config: Config, level_every: int) -> set[str]:
    """The speeds of which a recorded fault scores less than what is normal at unseen speeds, and the one that shakes
    least if there are such: no speed below it says what is normal there. Empty where there are too few speeds to
    say."""
    if len(levels) < config.training.continuum or not any(one.faults for one in levels.values()):
        return set()
    expected = np.concatenate([levels[name].normal for name in between_others(normal, level_every)])
    bar = np.quantile(expected, config.mixture.blind_quantile)
    hidden = {name for name, one in levels.items() if any(np.median(fault) < bar for fault in one.faults)}
    if hidden:
        hidden.add(_by_level(normal, level_every)[0])
    return hidden if len(hidden) < len(levels) else set()


def can_be_judged(windows: np.ndarray, normal: dict[str, np.ndarray], hiding: set[str], level_every: int) -> bool:
    """Whether a speed with these normal windows, int8 (n, features), shakes more than one at which faults show and less
    than another, and nothing that hides faults lies nearer."""
    named = {"": windows} | normal
    ordered = _by_level(named, level_every)
    place = ordered.index("")
    around = ordered[max(place - 1, 0) : place] + ordered[place + 1 : place + 2]
    return len(around) == 2 and not hiding & set(around)


def reached(levels: dict[str, Unseen], normal: dict[str, np.ndarray], level_every: int) -> float:
    """The highest mean of eight windows in a row at a speed that lies between others when it is left out."""
    return max(highest_mean(levels[name].normal) for name in between_others(normal, level_every))


def between_others(normal: dict[str, np.ndarray], level_every: int) -> list[str]:
    """All but the speeds that shake least and most: those are outside of what the others say."""
    ordered = _by_level(normal, level_every)
    return ordered[1:-1] if len(ordered) > 2 else ordered


def _by_level(normal: dict[str, np.ndarray], level_every: int) -> list[str]:
    return sorted(normal, key=lambda name: float(normal[name][:, ::level_every].mean()))


def highest_mean(level: np.ndarray) -> float:
    """Of so many windows in a row as the decision averages."""
    return float(np.convolve(level, np.ones(SMOOTHED) / SMOOTHED, "valid").max(initial=level.mean()))
