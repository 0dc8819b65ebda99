"""The rate over the whole recording: jitter, bursts, stalls, and samples that vanished."""

import numpy as np
import pytest

from ml.data.formats import RateMeter


def arrivals(rate: float, seconds: float, burst_s: float = 0.016, jitter_s: float = 0.004, seed: int = 0):
    """(samples, arrival) of bursts, as a USB serial port gives them."""
    rng = np.random.default_rng(seed)
    done = 0
    for at in np.arange(burst_s, seconds, burst_s):
        ready = int(at * rate)
        if ready > done:
            yield ready - done, 100 + at + rng.exponential(jitter_s)
            done = ready


def meter_of(points) -> RateMeter:
    made = RateMeter()
    for samples, at in points:
        made.add(samples, at)
    return made


@pytest.mark.parametrize("rate", [1.7, 26.0, 62.5, 99.1, 476.0, 1600.3])
def test_the_rate_is_within_a_thousandth_after_a_minute(rate):
    made = meter_of(arrivals(rate, 60))
    assert made.rate_hz == pytest.approx(rate, rel=2e-3 if rate > 10 else 2e-2)
    assert made.uncertainty_hz < 0.02 * rate


def test_nothing_is_said_before_a_second_has_passed():
    assert meter_of(arrivals(100, 0.9)).rate_hz is None
    assert RateMeter().rate_hz is None


def test_a_stall_of_two_seconds_changes_nothing():
    points = [(n, 133.0 if 131 < at < 133 else at) for n, at in arrivals(100, 60)]
    made = meter_of(points)
    assert made.rate_hz == pytest.approx(100, rel=2e-3)
    assert made.losses() == []


def test_what_lay_in_the_buffer_before_changes_nothing():
    made = meter_of([(4000, 100.0), *arrivals(100, 60)])
    assert made.rate_hz == pytest.approx(100, rel=2e-3)


@pytest.mark.parametrize("lost", [10, 50, 300])
def test_samples_that_vanished_without_a_trace_are_suspected(lost):
    points = []
    left = lost
    for n, at in arrivals(100, 60):
        gone = min(left, n) if at > 130 else 0
        left -= gone
        points.append((n - gone, at))
    (found,) = meter_of(points).losses()
    assert found.samples == pytest.approx(lost, abs=4)
    assert found.at == pytest.approx(3000, abs=120)


def test_no_loss_is_suspected_where_none_was():
    for seed in range(20):
        assert meter_of(arrivals(100, 60, jitter_s=0.01, seed=seed)).losses() == []


def test_samples_that_are_known_to_be_missing_count():
    made = RateMeter()
    for number, (n, at) in enumerate(arrivals(100, 60)):
        if number % 50 == 49:
            made.miss(n)
        else:
            made.add(n, at)
    assert made.rate_hz == pytest.approx(100, rel=2e-3)
    assert made.losses() == []


def test_an_hour_takes_no_more_memory_than_a_minute():
    made = meter_of(arrivals(50, 3600 * 2, burst_s=0.25))
    assert made.rate_hz == pytest.approx(50, rel=1e-4)
    assert len(made._blocks) <= 4096
