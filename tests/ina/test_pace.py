"""How many samples were overwritten is told by the time between those that were taken."""

import ctypes

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ina_chips import Pace, library

NOMINAL_US = 820


def missed(taken_us) -> list[int]:
    pace, c = Pace(), library()
    c.ina_pace_start(ctypes.byref(pace), ctypes.c_uint32(NOMINAL_US))
    return [c.ina_pace_missed(ctypes.byref(pace), ctypes.c_uint32(int(time) % 2**32)) for time in taken_us]


def taken(period_us: float, stalls: dict[int, float], polls_us: float = 130.0, samples: int = 3000):
    """Times at which samples are taken by a loop that looks every so often and stands still now and then, and how many
    the chip overwrote meanwhile."""
    now, number, lost, times = 0.0, 0, [], []
    while number < samples:
        now += polls_us
        complete = int(now / period_us)
        if complete > number:
            lost.append(complete - number - 1)
            times.append(now)
            number = complete
            now += 300.0 + stalls.get(len(times), 0.0)
    return np.array(times), lost


@given(
    st.floats(0.91, 1.09),
    st.dictionaries(st.integers(100, 2500), st.floats(0, 9000), max_size=30),
    st.integers(0, 2**32 - 1),
)
def test_what_a_loop_that_stalls_loses_is_counted(off, stalls, start_us):
    times, lost = taken(NOMINAL_US * off, stalls)
    counted = missed(times + start_us)
    assert abs(sum(counted) - sum(lost)) <= 2 + 0.1 * sum(lost)


@pytest.mark.parametrize("off", [0.9, 0.95, 1.0, 1.05, 1.1])
def test_a_loop_that_keeps_up_loses_nothing_whatever_the_chips_clock(off):
    times, lost = taken(NOMINAL_US * off, {}, polls_us=110.0)
    assert sum(lost) == 0
    assert sum(missed(times)) == 0


def test_a_loop_that_is_always_too_slow_is_told_within_a_few_per_cent():
    times, lost = taken(NOMINAL_US, {}, polls_us=800.0)
    assert sum(lost) > 300
    assert sum(missed(times)) == pytest.approx(sum(lost), rel=0.15)


def test_the_first_sample_follows_nothing():
    assert missed([5_000_000]) == [0]
