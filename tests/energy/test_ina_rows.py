"""The logger's frames become samples: time decides how many are missing, and at which rate they come."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.energy.ina_rows import Decoder, Totals
from tools.energy.meter import join

NOMINAL = 1219.5


def feed(decoder, frames, period_us, rows=8, jitter=None):
    """Frames by number: those that are left out never came. Samples are their own numbers."""
    parts, expected = [], 0
    for place, frame in enumerate(frames):
        late = jitter[place % len(jitter)] * period_us if jitter else 0.0
        numbers = np.arange(frame * rows, (frame + 1) * rows, dtype=float)
        none = np.zeros(rows, int)
        time_us = round(5e6 + frame * rows * period_us + late)
        parts.append(decoder.feed(time_us, frame - expected, numbers, np.full(rows, 3.0), none, none))
        expected = frame + 1
    return join(parts)


@given(
    st.floats(0.9, 1.1),
    st.sets(st.integers(1, 98), max_size=60),
    st.lists(st.floats(0, 0.3), min_size=1, max_size=7),
)
def test_each_sample_has_its_place_and_the_rate_is_the_true_one(off, lost, jitter):
    decoder, period_us = Decoder(NOMINAL), 1e6 / NOMINAL * off
    frames = [number for number in range(100) if number < 4 or number not in lost]
    made = feed(decoder, frames, period_us, jitter=jitter)
    known = ~np.isnan(made.current_a)
    if len(lost) < 20:  # the rate is learnt from frames that follow one another
        assert len(made) == 800
        assert (np.flatnonzero(known) == made.current_a[known]).all()
        assert decoder.rate_hz == pytest.approx(1e6 / period_us, rel=1e-3)
    assert known.sum() == 8 * len(frames)


def test_a_frame_that_comes_late_or_twice_is_left_out():
    decoder = Decoder(NOMINAL)
    feed(decoder, range(4), 820.0)
    none = np.zeros(8, int)
    assert len(decoder.feed(5_000_000, 0, np.ones(8), np.ones(8), none, none)) == 0


@given(st.lists(st.tuples(st.integers(0, 2**34), st.integers(0, 2**15), st.integers(0, 12)), max_size=20))
def test_no_times_and_no_counts_break_it(frames):
    decoder = Decoder(NOMINAL)
    for time_us, lost, count in frames:
        none = np.zeros(count, int)
        decoder.feed(time_us, lost, np.ones(count), np.ones(count), none, none)
        assert np.isfinite(decoder.rate_hz)


def test_the_chips_own_sum_is_compared_over_the_time_that_both_saw_and_may_wrap():
    decoder, totals = Decoder(1000.0), Totals()
    none = np.zeros(10, int)
    for frame in range(400):
        decoder.feed(10_000 * frame, 0, np.full(10, 2e-3), np.full(10, 3.0), none, none)
    for second in (0.5, 1.5, 2.5, 3.5):
        charge = (2**31 - 3000 + round(second * 2000)) % 2**32  # microcoulombs, at 2 mA
        totals.add(round(second * 1e6), np.array([[charge - (charge >> 31 << 32), 0]]))
    assert totals.compared(decoder) == "the chip itself added up 6 mC in 3.0 s, +0.00% beside these samples"
    assert Totals().compared(decoder) == ""
