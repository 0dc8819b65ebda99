"""What an operating point must keep, and what streams say about it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.errors import UserError
from ml.evaluate.intervals import garwood
from ml.evaluate.limits import MET, NOT_JUDGED, NOT_MET, NOT_PROVEN, Limits, limits_of, verdict
from ml.evaluate.streams import Tally
from ml.pipeline.contract import APPS, find

LIMITS = Limits(0.5, 1.5)


@given(st.floats(0.01, 10), st.floats(1, 10), st.floats(0.01, 100))
def test_so_many_false_alarms_as_are_allowed_keep_both_limits_and_one_more_does_not(target, times, hours):
    limits = Limits(target, target * times)
    count = limits.allowed(hours)
    proven = hours >= limits.least_hours
    assert count <= target * hours + 1e-6
    assert not proven or garwood(count, hours)[1] <= limits.bound
    assert count + 1 > target * hours or (proven and garwood(count + 1, hours)[1] > limits.bound)


def test_ten_hours_allow_five_false_alarms_at_half_a_one_an_hour_and_four_hours_one():
    assert [LIMITS.allowed(hours) for hours in (10.0, 4.0, 2.5, 2.0)] == [5, 1, 0, 1]
    assert LIMITS.least_hours == pytest.approx(2.459, abs=1e-3)
    assert Limits(0.0, 0.0).least_hours == math.inf


def test_a_target_alone_moves_the_bound_in_proportion_and_a_bound_below_it_is_refused():
    decision = find("keyword_spotting").decision
    assert limits_of(decision) == LIMITS
    assert limits_of(decision, 2.0) == Limits(2.0, 6.0)
    assert limits_of(decision, None, 1.0) == Limits(0.5, 1.0)
    with pytest.raises(UserError, match="upper bound of at least the target"):
        limits_of(decision, 2.0, 1.0)


@pytest.mark.parametrize("name", APPS)
def test_every_application_states_limits_that_can_be_kept(name):
    assert 0 < limits_of(find(name).decision).least_hours < math.inf


@pytest.mark.parametrize(
    ("movements", "hits", "false", "hours", "state", "reason"),
    [
        (100, 90, 2, 10.0, MET, "90 of 100 events found"),
        (5, 0, 0, 10.0, NOT_MET, "none of 5"),
        (100, 30, 0, 10.0, NOT_MET, "only 30 of 100"),
        (100, 90, 20, 10.0, NOT_MET, "1.22 false alarms an hour at the least"),
        (100, 90, 0, 1.0, NOT_PROVEN, "takes 2.46 h at least"),
        (100, 90, 10, 12.0, NOT_PROVEN, "more than 1.5"),
        (100, 90, 6, 11.0, NOT_PROVEN, "may be chance"),
        (0, 0, 0, 10.0, NOT_PROVEN, "nothing happens"),
        (100, 90, 0, 0.0, NOT_JUDGED, "no streams"),
    ],
)
def test_met_takes_detections_few_false_alarms_and_hours_enough(movements, hits, false, hours, state, reason):
    made = verdict(Tally(movements, hits, false, hours).summary(), LIMITS)
    assert made.state == state
    assert reason in made.reason
    assert made.is_bad == (state == NOT_MET)


def test_without_streams_nothing_is_judged():
    assert verdict(None, LIMITS).state == NOT_JUDGED
