"""A threshold for each class: never worse on the streams that choose than one for all, at the same limits."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.data.streams import Stream, Truth
from ml.evaluate.each_class import total
from ml.evaluate.limits import Limits
from ml.evaluate.streams import Scored
from ml.evaluate.tune import Tuned, tune
from ml.native.decide import NEVER

LABELS = ["loud", "soft", "unknown", "silence"]
BACKGROUND = (2, 3)
RATE_MHZ, HOP = 10_000, 10  # ten samples a second, a window a second
WINDOWS, APART = 3600, 20  # an hour


@dataclass(frozen=True)
class Grid:
    each_class: bool
    smoothing: tuple[int, ...] = (1, 2)
    threshold: tuple[int, ...] = tuple(range(128, 249, 8))
    refractory: tuple[int, ...] = (2,)
    tolerance_s: float = 2.0
    target_false_alarms_per_hour: float = 2.0
    upper_bound_per_hour: float = 100.0
    fallback: tuple[int, int, int] = (1, 180, 2)


def scored(who: str, said: list[tuple[int, int, bool]]) -> Scored:
    """An hour; every twenty seconds a class scores so much, and was said or not."""
    scores = np.zeros((WINDOWS, 4), int)
    scores[:, 2] = 100
    truth = []
    for number, (label, score, true) in enumerate(said, 1):
        at = number * APART
        scores[at : at + 2, label], scores[at : at + 2, 2] = score, 0
        if true:
            truth.append(Truth(LABELS[label], at * HOP - 5, (at + 1) * HOP + 5))
    stream = Stream(who, np.zeros((WINDOWS * HOP, 1), np.int16), RATE_MHZ, tuple(truth))
    return Scored(stream, (scores - 128).astype(np.int8), np.arange(WINDOWS) * HOP + HOP - 10)


def tuned(streams: list[Scored], each_class: bool, limits: Limits | None = None) -> Tuned:
    return tune(streams, LABELS, BACKGROUND, Grid(each_class), limits)


def by_chance(seed: int, mistaken: float) -> list[Scored]:
    """Four people; `mistaken` is the share of events of the class `loud` that nobody said."""
    rng = np.random.default_rng(seed)
    made = []
    for who in ("ann", "bob", "cem", "dee"):
        label = rng.integers(2, size=100)
        true = rng.random(100) >= np.where(label == 0, mistaken, 0.02)
        score = np.clip(rng.normal(np.where(true, 205, 185), 25), 0, 255).astype(int)
        made.append(scored(who, list(zip(label.tolist(), score.tolist(), true.tolist(), strict=True))))
    return made


def test_the_class_that_is_mistaken_most_no_longer_decides_for_the_others():
    streams = by_chance(0, mistaken=0.2)
    one, each = (tuned(streams, want) for want in (False, True))
    assert len(set(one.config.threshold[:2])) == 1
    assert each.config.threshold[1] < one.config.threshold[1]
    assert each.config.threshold[1] < each.config.threshold[0]
    assert each.tally.hits > one.tally.hits
    assert each.met


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 10**6), mistaken=st.sampled_from([0.0, 0.1, 0.5]), target=st.sampled_from([0.0, 0.5, 3.0]))
def test_it_is_never_worse_on_the_streams_that_chose_and_keeps_the_limits(seed, mistaken, target):
    streams, limits = by_chance(seed, mistaken), Limits(target, 100.0)
    one, each = (tuned(streams, want, limits) for want in (False, True))
    assert each.tally.hits >= one.tally.hits
    assert each.met or not one.met
    assert each.tally.false <= max(one.tally.false, limits.allowed(each.tally.hours))
    assert each.value == one.value
    assert (each.config.smoothing, each.config.refractory) == (one.config.smoothing, one.config.refractory)


def test_the_same_streams_give_the_same_thresholds_and_what_is_said_of_them_is_what_they_come_to():
    streams = by_chance(1, mistaken=0.4)
    made = tuned(streams, True)
    assert made == tuned(streams, True)
    assert made.tally == total(streams, LABELS, made.config, 2.0)
    assert made.nested and made.nested.movements == made.tally.movements


def test_classes_that_never_make_an_event_never_will():
    made = tuned(by_chance(2, mistaken=0.5), True)
    assert made.config.threshold[3] == NEVER
    assert made.config.background == 2


@pytest.mark.parametrize("streams", [[], [scored("ann", [])], [scored("ann", [(0, 200, False)])]])
def test_where_nothing_is_to_be_found_one_threshold_stays(streams):
    made = tuned(streams, True)
    assert made.config == replace(tuned(streams, False)).config
