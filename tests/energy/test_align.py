"""Two clocks that nobody set: where the current follows what the board reports, and where it does not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.errors import UserError
from tools.energy.align import STRENGTH_LIMIT, align
from tools.energy.meter import Samples

ASLEEP_A, AWAKE_A = 20e-6, 4e-3


def pattern(count: int, length_s: float, seed: int, regular: bool = False) -> np.ndarray:
    """(count, 2) intervals that begin somewhere after 1000 s."""
    random = np.random.default_rng(seed)
    gaps = np.full(count, 0.1) if regular else random.exponential(0.06, count) + 0.03
    lengths = np.full(count, length_s) if regular else length_s * random.uniform(0.7, 1.3, count)
    starts = 1000 + np.cumsum(gaps)
    return np.stack([starts, starts + lengths], 1)


def current(busy: np.ndarray, rate_hz: float, seconds: float, offset: float, drift: float, seed: int = 0) -> Samples:
    """What a meter sees whose clock is offset + (1 + drift) * device time: each sample the mean of its period."""
    placed = offset + (1 + drift) * busy
    edges = np.arange(round(rate_hz * seconds) + 1) / rate_hz
    done = np.concatenate([[0], np.cumsum(placed[:, 1] - placed[:, 0])])
    share = np.diff(np.interp(edges, placed.ravel(), np.stack([done[:-1], done[1:]], 1).ravel(), left=0)) * rate_hz
    noise = np.random.default_rng(seed).normal(0, 1e-4, len(share))
    return Samples(ASLEEP_A + (AWAKE_A - ASLEEP_A) * share + noise, np.zeros(len(share), np.uint8))


@settings(max_examples=15)
@given(
    st.sampled_from([1_200.0, 10_000.0, 100_000.0]),
    st.sampled_from([0.003, 0.02]),
    st.floats(-5, 3),
    st.floats(-0.009, 0.009),
    st.integers(0, 1000),
)
def test_offset_and_drift_are_found_whatever_they_are(rate_hz, length_s, offset, drift, seed):
    busy, at = pattern(150, length_s, seed), offset - (1 + drift) * 1000
    found = align(current(busy, rate_hz, 8.0, at, drift, seed), rate_hz, busy)
    truth, placed = at + (1 + drift) * busy, found.to_meter(busy)
    seen = (truth[:, 0] > 0) & (truth[:, 1] < 8)
    assert np.abs(placed - truth)[seen].max() < 0.02 * length_s + 0.02 / rate_hz
    assert found.strength > 0.9


def test_minutes_are_followed_though_the_clocks_run_apart():
    busy, drift = pattern(3000, 0.01, 5), 3e-3
    at = -2 - (1 + drift) * 1000
    found = align(current(busy, 1200.0, 250.0, at, drift), 1200.0, busy)
    assert found.drift == pytest.approx(drift, abs=2e-6)
    assert found.jitter_s < 50e-6


def test_a_meter_that_sees_a_later_part_only_finds_it():
    busy = pattern(1500, 0.01, 5)
    found = align(current(busy, 1200.0, 6.0, -1050.0, 0.0), 1200.0, busy)  # from 50 s on
    assert found.to_meter(np.array([1053.0])) == pytest.approx(3.0, abs=2e-4)


def test_a_regular_pattern_is_placed_where_the_computers_clock_points_and_said_to_repeat():
    busy, at = pattern(200, 0.01, 1, regular=True), -1003.0
    for wrong in (-0.03, 0.04):
        found = align(current(busy, 10_000.0, 12.0, at, 0.0), 10_000.0, busy, guess_s=at + wrong)
        assert found.repeats
        assert found.to_meter(busy[60, 0]) == pytest.approx(at + busy[60, 0], abs=2e-4)


def test_holes_do_not_matter():
    busy, at = pattern(150, 0.01, 3), -1001.0
    samples = current(busy, 10_000.0, 10.0, at, 1e-4)
    samples.current_a[np.random.default_rng(1).random(len(samples)) < 0.2] = np.nan
    assert align(samples, 10_000.0, busy).to_meter(busy[70, 0]) == pytest.approx(
        at + (1 + 1e-4) * busy[70, 0], abs=2e-4
    )


@pytest.mark.parametrize("kind", ["noise", "another board", "nothing", "all lost", "too few"])
def test_what_does_not_match_is_refused(kind):
    busy = pattern(4 if kind == "too few" else 150, 0.01, 1)
    samples = current(busy, 10_000.0, 8.0, -1000.0, 0.0)
    other = {
        "noise": np.random.default_rng(2).normal(1e-3, 1e-3, len(samples)),
        "another board": current(pattern(150, 0.01, 9), 10_000.0, 8.0, -1000.0, 0.0).current_a,
        "nothing": np.zeros(len(samples)),
        "all lost": np.full(len(samples), np.nan),
        "too few": samples.current_a,
    }[kind]
    with pytest.raises(UserError, match="expected") as refused:
        align(Samples(other, samples.marks), 10_000.0, busy)
    assert "\n" not in str(refused.value)
    assert (f"{STRENGTH_LIMIT:g}" in str(refused.value)) == (kind in ("noise", "another board", "nothing"))
