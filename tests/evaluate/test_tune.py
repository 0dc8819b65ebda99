"""The operating point: the highest detection rate that meets the target, and honest where none does."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from ml.data.streams import Stream, Truth
from ml.evaluate.limits import Limits
from ml.evaluate.streams import Scored, judge
from ml.evaluate.tune import tune

LABELS = ["word", "none"]
RATE_MHZ, HOP = 10_000, 10  # ten samples a second, a window a second
HOURS = 2


@dataclass(frozen=True)
class Grid:
    smoothing: tuple[int, ...] = (1,)
    threshold: tuple[int, ...] = tuple(range(128, 249, 8))
    refractory: tuple[int, ...] = (2,)
    tolerance_s: float = 2.0
    target_false_alarms_per_hour: float = 1.0
    upper_bound_per_hour: float = 3.0


def asked(target: float, bound: float = 100.0) -> Limits:
    """Limits of which the target decides, unless a bound is given."""
    return Limits(target, bound)


def scored(events: dict[int, int], noises: dict[int, int], truth: bool = True, who: str = "ann") -> Scored:
    """Two hours in which the word scores so much at so many seconds; `noises` happen without one."""
    windows = HOURS * 3600
    score = np.zeros(windows, int)
    for second, value in (events | noises).items():
        score[second] = value
    rows = np.stack([score, 255 - score], 1) - 128
    happened = tuple(Truth("word", second * HOP - 5, second * HOP + 5) for second in sorted(events)) if truth else ()
    stream = Stream(who, np.zeros((windows * HOP, 1), np.int16), RATE_MHZ, happened)
    return Scored(stream, rows.astype(np.int8), np.arange(windows) * HOP + HOP - 10)


EVENTS = {60 * i: 150 + i for i in range(1, 91)}  # 151..240
NOISES = {60 * i + 30: 130 + 2 * i for i in range(1, 31)}  # 132..190


@pytest.mark.parametrize("target", [0.5, 1.0, 3.0, 10.0])
def test_the_point_estimate_meets_the_target_and_more_alarms_allowed_find_no_less(target):
    made = tune([scored(EVENTS, NOISES)], LABELS, 1, Grid(), asked(target))
    assert made.met
    assert made.tally.false <= target * HOURS
    assert made.limits.target == target
    stricter = tune([scored(EVENTS, NOISES)], LABELS, 1, Grid(), asked(target / 2))
    assert stricter.tally.hits <= made.tally.hits
    assert stricter.value <= made.value


def test_the_grids_target_counts_where_none_is_asked_for():
    assert tune([scored(EVENTS, NOISES)], LABELS, 1, Grid()).limits == Limits(1.0, 3.0)


def test_without_a_setting_that_meets_the_target_the_fewest_false_alarms_are_taken_and_it_says_so():
    loud = {60 * i + 30: 255 for i in range(1, 11)}
    made = tune([scored(EVENTS, NOISES | loud)], LABELS, 1, Grid(), asked(1.0))
    assert not made.met
    assert made.tally.false == 10
    assert made.tally.hits > 0  # of the settings with so few the one that finds most
    assert made.value < made.tally.hits / len(EVENTS)


def test_of_equals_the_one_furthest_from_change_is_taken():
    clear = tune([scored(dict.fromkeys(EVENTS, 250), dict.fromkeys(NOISES, 140))], LABELS, 1, Grid())
    assert clear.tally.hits == len(EVENTS)
    assert 180 <= clear.config.threshold[0] <= 208  # between 140 and 250


def test_a_lucky_peak_does_not_win():
    """A threshold that happens to miss a row of alarms at its very edge is not believed."""
    edge = {60 * i + 30: 151 for i in range(1, 21)}
    made = tune([scored(dict.fromkeys(EVENTS, 200), edge)], LABELS, 1, Grid(), asked(1.0))
    assert made.config.threshold[0] > 152


def test_without_events_the_most_sensitive_setting_that_meets_the_target_is_taken():
    made = tune([scored({}, NOISES, truth=False)], LABELS, 1, Grid(), asked(1.0))
    assert made.met
    assert made.tally.false <= 2
    lower = replace(made.config, threshold=(made.config.threshold[0] - 16,) * 2)
    assert judge(scored({}, NOISES), LABELS, lower, 2.0)[0].false > 2


def test_nothing_heard_meets_any_target():
    made = tune([], LABELS, 1, Grid(), asked(0.0))
    assert made.met
    assert made.value == 0


def test_a_better_network_has_a_higher_value_although_both_miss_the_target():
    loud = {60 * i + 30: 255 for i in range(1, 11)}
    worse = tune([scored({}, NOISES | loud, truth=False)], LABELS, 1, Grid(), asked(0.01))
    better = tune([scored({}, dict(list(loud.items())[:3]), truth=False)], LABELS, 1, Grid(), asked(0.01))
    assert -1 < worse.value < better.value < 0


def test_hours_of_streams_are_tuned_in_seconds():
    """Not a speed test of the host: 105 settings of 500,000 windows are one call into C for each smoothing."""
    grid = Grid(refractory=(2, 3, 4, 5, 6, 8, 10))
    many = [scored(EVENTS, NOISES)] * 20
    assert tune(many, LABELS, 1, grid).tally.movements == 20 * len(EVENTS)


def test_the_upper_bound_of_the_interval_decides_where_the_hours_can_prove_it():
    streams = [scored(EVENTS, NOISES), *[scored(EVENTS, {})] * 4]  # ten hours
    loose, strict = (tune(streams, LABELS, 1, Grid(), Limits(1.0, bound)) for bound in (100.0, 1.2))
    assert strict.met
    assert strict.tally.false < loose.tally.false <= 10
    assert strict.tally.summary()["false_per_hour_interval"][1] <= 1.2
    assert strict.summary()["hours_suffice"]
    short = tune([scored(EVENTS, NOISES)], LABELS, 1, Grid(), Limits(1.0, 1.2))  # in two hours none would prove it
    assert not short.summary()["hours_suffice"]
    assert short.tally.false <= 2


def test_a_setting_that_finds_nothing_does_not_win_and_is_not_met():
    """Every alarm is louder than every event: without any alarm nothing is found."""
    made = tune([scored(dict.fromkeys(EVENTS, 140), dict.fromkeys(NOISES, 200))], LABELS, 1, Grid(), asked(0.0))
    assert made.tally.hits > 0
    assert not made.met
    silent = tune([scored(dict.fromkeys(EVENTS, 0), {})], LABELS, 1, Grid())
    assert silent.tally.hits == 0
    assert not silent.met


def test_nobody_is_judged_by_a_setting_that_their_own_streams_chose():
    """Of one person nothing is heard at the threshold that the others chose, and all of it at a lower one."""
    soft = scored(dict.fromkeys(EVENTS, 140), {}, who="bob")
    loud = [scored(dict.fromkeys(EVENTS, 230), dict.fromkeys(NOISES, 150), who=who) for who in ("ann", "cem")]
    made = tune([*loud, soft], LABELS, 1, Grid(), asked(0.0))
    assert made.nested.movements == made.tally.movements == 3 * len(EVENTS)
    assert made.nested.hits <= 2 * len(EVENTS)
    assert made.nested.hours == made.tally.hours
    assert tune([soft], LABELS, 1, Grid()).nested is None
