"""The intervals are the published ones, and hold the truth as often as they promise."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.evaluate.intervals import garwood, quantile, wilson


@given(st.integers(1, 3000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_shares_have_wilsons_interval(counts):
    stats = pytest.importorskip("scipy.stats")
    expected = stats.binomtest(*counts).proportion_ci(0.95, method="wilson")
    assert wilson(*counts) == pytest.approx((expected.low, expected.high), abs=1e-6)


def test_nothing_counted_says_nothing():
    assert wilson(0, 0) == (0, 1)
    assert garwood(0, 0.0) == (0, math.inf)
    assert quantile([], 0.5) == (None, None, None)


# F. Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28 (1936), table of 95 % limits.
@pytest.mark.parametrize(
    ("count", "lower", "upper"), [(0, 0, 3.689), (1, 0.0253, 5.572), (5, 1.623, 11.668), (10, 4.795, 18.390)]
)
def test_rates_have_garwoods_limits(count, lower, upper):
    assert garwood(count, 1.0) == pytest.approx((lower, upper), abs=6e-4)
    assert garwood(count, 24.0) == pytest.approx((lower / 24, upper / 24), abs=6e-4)


@given(st.integers(0, 2000))
def test_rates_have_the_quantiles_of_chi_squared(count):
    stats = pytest.importorskip("scipy.stats")
    lower = stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0
    assert garwood(count, 1.0) == pytest.approx((lower, stats.chi2.ppf(0.975, 2 * count + 2) / 2), rel=1e-6)


def test_too_few_values_leave_a_side_open():
    assert quantile([1, 2, 3, 4, 5], 0.5) == (3, None, None)
    assert quantile([1, 2, 3, 4, 5, 6], 0.5) == (3.5, 1, 6)
    assert quantile(list(range(71)), 0.95)[2] is None
    assert quantile(list(range(72)), 0.95)[2] == 71


def test_the_median_of_twenty_lies_between_the_6th_and_the_15th():
    assert quantile(list(range(1, 21)), 0.5) == (10.5, 6, 15)  # Conover's table


@pytest.mark.parametrize(("share", "count"), [(0.5, 9), (0.5, 40), (0.95, 150)])
def test_quantiles_lie_in_their_interval_as_often_as_promised(share, count):
    rng = np.random.default_rng(1)
    samples = [rng.exponential(size=count) for _ in range(2000)]
    truth = -math.log(1 - share)
    held = [low <= truth <= high for _, low, high in (quantile(one.tolist(), share) for one in samples)]
    assert 0.94 < np.mean(held) < 1
