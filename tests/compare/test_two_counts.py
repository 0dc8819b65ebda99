"""The interval and the test are the published ones, cover as often as they promise, and follow the evidence."""

import importlib
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.compare.statistics import LEVEL, difference, p_value
from ml.evaluate.record import Rate, Share

shares = st.integers(1, 400).flatmap(lambda total: st.builds(Share, st.integers(0, total), st.just(total)))
rates = st.builds(Rate, st.integers(0, 200), st.floats(0.01, 100))


@pytest.fixture(scope="module")
def stats():
    """Imported here, not by every worker that collects these tests: it takes seconds."""
    return importlib.import_module("scipy.stats")


# R. G. Newcombe, Statistics in Medicine 17 (1998), table II, method 10: of the first less the second.
@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        (Share(56, 70), Share(48, 80), 0.0524, 0.3339),
        (Share(9, 10), Share(3, 10), 0.1705, 0.8090),
        (Share(5, 56), Share(0, 29), -0.0381, 0.1926),
        (Share(10, 10), Share(0, 10), 0.6075, 1.0),
    ],
)
def test_the_difference_has_newcombes_limits(first, second, low, high):
    assert difference(second, first) == pytest.approx((low, high), abs=1e-4)


@given(shares, shares)
def test_the_other_way_round_the_difference_is_the_opposite(base, head):
    low, high = difference(base, head)
    assert difference(head, base) == pytest.approx((-high, -low))
    assert -1 <= low <= head.right / head.total - base.right / base.total <= high <= 1


@given(shares, shares)
def test_one_more_right_answer_moves_the_interval_up(base, head):
    if head.right < head.total:
        more = Share(head.right + 1, head.total)
        assert all(
            after >= before for before, after in zip(difference(base, head), difference(base, more), strict=True)
        )


@given(shares)
def test_the_same_counts_are_never_beyond_the_noise(one):
    low, high = difference(one, one)
    assert low < 0 < high


@pytest.mark.parametrize("total", [(20, 20), (60, 100), (373, 373)])
@pytest.mark.parametrize("chance", [(0.5, 0.5), (0.85, 0.8), (0.97, 0.9), (0.99, 0.99)])
def test_the_interval_holds_the_true_difference_as_often_as_it_promises(stats, total, chance):
    """Exactly, by all outcomes weighed with their probability: 95 % on the average, never far below."""
    weights = [stats.binom.pmf(np.arange(one + 1), one, share) for one, share in zip(total, chance, strict=True)]
    held = 0.0
    for before in np.flatnonzero(weights[0] >= 1e-6).tolist():
        both = weights[0][before] * weights[1]
        for after in np.flatnonzero(both > 1e-7).tolist():
            low, high = difference(Share(before, total[0]), Share(after, total[1]))
            held += both[after] * (low <= chance[1] - chance[0] <= high)
    assert held > 0.93


@pytest.mark.parametrize("hours", [(4.0, 4.0), (1.0, 28.0), (0.15, 4.0)])
@pytest.mark.parametrize("rate", [0.1, 0.5, 3.0, 20.0])
def test_equal_rates_are_called_different_no_more_often_than_the_level(stats, hours, rate):
    means = [rate * one for one in hours]
    most = [int(mean + 8 * math.sqrt(mean) + 8) for mean in means]
    weights = [stats.poisson.pmf(np.arange(limit), mean) for limit, mean in zip(most, means, strict=True)]
    called = sum(
        weights[0][before] * weights[1][after] * (p_value(Rate(before, hours[0]), Rate(after, hours[1])) < LEVEL)
        for before in range(most[0])
        for after in range(most[1])
        if weights[0][before] * weights[1][after] > 1e-9
    )
    assert called <= LEVEL


@given(rates, rates)
def test_the_p_value_is_that_of_the_two_binomial_tails(stats, base, head):
    total, share = base.count + head.count, head.hours / (base.hours + head.hours)
    tails = [
        stats.binomtest(head.count, total, share, alternative=a).pvalue if total else 1 for a in ("less", "greater")
    ]
    assert p_value(base, head) == pytest.approx(min(1, 2 * min(tails)), abs=1e-9)
    assert p_value(head, base) == pytest.approx(p_value(base, head), abs=1e-9)


@given(rates, st.integers(0, 200), st.floats(0.01, 100))
def test_more_false_alarms_are_ever_stronger_evidence(base, count, hours):
    """Once the head has more than its share."""
    worse = [Rate(count + more, hours) for more in (0, 1)]
    if count / hours > base.count / base.hours:
        assert p_value(base, worse[1]) <= p_value(base, worse[0]) + 1e-12


def test_nothing_counted_proves_nothing():
    assert difference(Share(0, 0), Share(5, 5)) == (-1, 1)
    assert p_value(Rate(0, 4.0), Rate(0, 9.0)) == 1
    assert p_value(Rate(3, 0.0), Rate(5, 4.0)) == 1


def test_what_is_plain_is_told():
    assert difference(Share(323, 373), Share(280, 373))[1] < 0
    assert p_value(Rate(2, 4.0), Rate(14, 4.0)) < 0.01
    assert p_value(Rate(2, 4.0), Rate(4, 4.0)) > 0.3
