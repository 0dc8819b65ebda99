"""Every rate that is taken from time stamps: right whatever a clock, a pause or a restart does to them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.data.formats.clock import WRAP_US, read_clock, unwrapped

HZ = 104.0
EVEN = np.arange(1000) * 1e6 / HZ
JITTER = np.random.default_rng(0).normal(0, 1500, 1000)


def whole_ms(times):
    return np.floor(times / 1000) * 1000


CASES = {  # stamps, restarts, samples missing
    "even": (EVEN, 0, 0),
    "whole milliseconds": (whole_ms(EVEN), 0, 0),
    "jitter": (EVEN + JITTER, 0, 0),
    "a restart": (np.concatenate([EVEN[:300], EVEN[:700]]), 1, 0),
    "three runs": (np.concatenate([EVEN[:300], EVEN[:400], EVEN[:300]]), 2, 0),
    "a pause of 60 s": (np.concatenate([EVEN[:500], EVEN[500:] + 60e6]), 0, 6240),
    "a pause in whole milliseconds": (whole_ms(np.concatenate([EVEN[:500], EVEN[500:] + 60e6])), 0, 6240),
    "a wrap at 2^32 us": ((EVEN + WRAP_US - 3e6) % WRAP_US, 0, 0),
    "a gap": (np.delete(EVEN, [100, 101, 500]), 0, 3),
    "many gaps": (np.delete(EVEN, np.arange(5, 1000, 13)), 0, len(np.arange(5, 1000, 13))),
    "stamps that are missing": (np.where(np.arange(1000) % 7 == 3, np.nan, EVEN), 0, 0),
    "samples that came twice": (np.insert(EVEN, [100, 300], EVEN[[100, 300]]), 0, 0),
    "bursts with one stamp": (np.repeat(EVEN[::10], 10), 0, 0),
    "bursts with stamps of their own": (np.repeat(EVEN[::10], 10) + np.tile(np.arange(10) * 50, 100), 0, 0),
}


@pytest.mark.parametrize("name", CASES)
def test_the_rate_is_right_and_gaps_and_restarts_are_counted(name):
    stamps, restarts, missing = CASES[name]
    made = read_clock(stamps)
    assert made.rate_hz == pytest.approx(HZ, rel=2e-4)
    assert (len(made.restarts), made.missing) == (restarts, missing)


def test_it_is_told_where_time_goes_back_and_where_samples_are_missing():
    assert read_clock(CASES["three runs"][0]).restarts == (300, 700)
    assert read_clock(CASES["a gap"][0]).gaps == ((100, 2), (498, 1))
    assert read_clock(CASES["samples that came twice"][0]).repeated == 2


@pytest.mark.parametrize("hertz", [833.0, 990.0, 1600.0, 6667.0])
def test_a_clock_of_whole_milliseconds_is_as_good_where_samples_come_faster_than_it_ticks(hertz):
    made = read_clock(whole_ms(np.arange(5000) * 1e6 / hertz))
    assert made.rate_hz == pytest.approx(hertz, rel=2e-3)
    assert not made.restarts


@pytest.mark.parametrize("stamps", [[], [1.0], [5.0, 5.0, 5.0], [np.nan, np.nan], [np.inf, -np.inf]])
def test_without_two_different_stamps_there_is_no_rate(stamps):
    assert read_clock(np.array(stamps)).rate_hz is None


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 400), st.floats(1, 20_000), st.floats(0, 1e12), st.data())
def test_wherever_a_recording_begins_and_whatever_is_cut_out_the_rate_stays(count, hertz, start, data):
    times = start % WRAP_US + np.arange(count) * 1e6 / hertz
    stamps = times % WRAP_US
    made = read_clock(stamps)
    assert made.rate_hz == pytest.approx(hertz, rel=1e-3)
    assert not made.gaps
    if count > 20:
        first = data.draw(st.integers(8, count - 9))
        gone = data.draw(st.integers(1, 40))
        cut = np.concatenate([times[:first], times[first:] + gone * 1e6 / hertz])
        assert read_clock(cut).missing == gone


@given(arrays(float, st.integers(0, 60), elements=st.floats(allow_nan=True, allow_infinity=True)))
def test_any_stamps_at_all_give_a_rate_above_0_or_none(stamps):
    made = read_clock(stamps)
    assert made.rate_hz is None or made.rate_hz > 0
    assert all(0 < at < len(stamps) and missing > 0 for at, missing in made.gaps)
    assert len(unwrapped(stamps[np.isfinite(stamps)])) == np.isfinite(stamps).sum()
