"""What the windows of some speeds say about the speeds between them, and which speeds hide faults.

An unbalance pulls with the square of the speed. Of a fan that turns slowly the sensor sees hardly more than its own
noise. Nobody can judge the machine there, and the firmware says so. Whether a fault shows is found by leaving each
speed of the training out in turn.
"""

import dataclasses
import itertools

import numpy as np

from ml.native import anomaly
from ml.vibration_anomaly import model
from ml.vibration_anomaly.config import Config

SMOOTHED = 8  # windows


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


def unseen(
    normal: dict[str, np.ndarray], faulty: dict[str, list[np.ndarray]], config: Config, level_every: int, seed: int
) -> dict[str, Unseen]:
    """Each subject, a speed, judged by what the others say."""
    once = dataclasses.replace(config.mixture, starts=1)  # so often it is done that one start must do
    made = {}
    for name, windows in normal.items():
        others = with_between([one for other, one in normal.items() if other != name], config, level_every, seed)
        tables = model.mixture(np.concatenate(others), once, seed)
        first, *faults = (
            anomaly.scores(anomaly.distances(one, tables))[:, 1] + 128.0 for one in (windows, *faulty.get(name, []))
        )
        made[name] = Unseen(first, faults)
    return made


def hiding(levels: dict[str, Unseen], normal: dict[str, np.ndarray], config: Config, level_every: int) -> set[str]:
    """The speeds of which a recorded fault scores less than what is normal at unseen speeds. Empty where there are too
    few speeds to say."""
    if len(levels) < config.training.continuum or not any(one.faults for one in levels.values()):
        return set()
    expected = np.concatenate([levels[name].normal for name in between_others(normal, level_every)])
    bar = np.quantile(expected, config.mixture.blind_quantile)
    hidden = {name for name, one in levels.items() if any(np.median(fault) < bar for fault in one.faults)}
    return hidden if len(hidden) < len(levels) else set()


def can_be_judged(windows: np.ndarray, normal: dict[str, np.ndarray], hiding: set[str], level_every: int) -> bool:
    """Whether a speed with these normal windows, int8 (n, features), shakes more than one at which faults show and less
    than another, and nothing that hides faults lies nearer."""
    named = {"": windows} | normal
    ordered = _by_level(named, level_every)
    place = ordered.index("")
    around = ordered[max(place - 1, 0) : place] + ordered[place + 1 : place + 2]
    return len(around) == 2 and not hiding & set(around)


def threshold(levels: dict[str, Unseen], normal: dict[str, np.ndarray], level_every: int, margin: float) -> int:
    """The highest mean of eight windows in a row at a speed that lies between others when it is left out, and the
    margin."""
    inner = between_others(normal, level_every)
    return min(251, round(max(highest_mean(levels[name].normal) for name in inner) + margin))


def between_others(normal: dict[str, np.ndarray], level_every: int) -> list[str]:
    """All but the speeds that shake least and most: those are outside of what the others say."""
    ordered = _by_level(normal, level_every)
    return ordered[1:-1] if len(ordered) > 2 else ordered


def _by_level(normal: dict[str, np.ndarray], level_every: int) -> list[str]:
    return sorted(normal, key=lambda name: float(normal[name][:, ::level_every].mean()))


def highest_mean(level: np.ndarray) -> float:
    """Of so many windows in a row as the decision averages."""
    return float(np.convolve(level, np.ones(SMOOTHED) / SMOOTHED, "valid").max(initial=level.mean()))
