"""Which frames are taken: against a sender whose every sample is known, with faults of every kind drawn at random."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.capture.integrity import ANEW_AFTER, Tracker

ROWS = 8
WARM = 100  # frames until it is known how exact the times are


class Sender:
    """Samples are numbered; what the tracker takes is noted with the numbers and with where it believes them to be."""

    def __init__(self, rate_hz: float, jitter_us: int = 0) -> None:
        self.rate_hz, self.jitter_us = rate_hz, jitter_us
        self.tracker = Tracker(rate_hz)
        self.taken: list[tuple[int, int | None]] = []  # first sample of a frame, samples missing before it

    def frame(self, number: int, sequence: int | None = None, time_us: int | None = None, jitter: int = 0) -> None:
        first = number * ROWS
        exact = round(first * 1e6 / self.rate_hz) + 1_000_000 + jitter
        found = self.tracker.take(
            (number if sequence is None else sequence) % 2**16, exact if time_us is None else time_us, ROWS
        )
        if found is not None:
            self.taken.append((first, found.lost))

    def check(self) -> None:
        """Nothing twice, nothing out of order, and exactly what is missing is said to be missing."""
        expected = None
        for first, lost in self.taken:
            if expected is not None:
                assert first >= expected
                assert lost == first - expected
            expected = first + ROWS


RATES = st.sampled_from([100.0, 400.0, 1600.0, 16000.0, 51200.0])


@given(RATES, st.data())
@settings(max_examples=150)
def test_any_frames_lost_repeated_and_late_are_known_exactly(rate, data):
    sender, number = Sender(rate), data.draw(st.sampled_from([0, 65_500]))
    for _ in range(data.draw(st.integers(1, 60))):
        kind = data.draw(st.sampled_from(["next", "next", "next", "lose", "again", "late"]))
        if kind == "lose":
            number += data.draw(st.integers(1, 40))
        elif kind == "again":
            sender.frame(number - 1)
        elif kind == "late":
            sender.frame(number - data.draw(st.integers(1, 30)))
        sender.frame(number)
        number += 1
    sender.check()


@given(RATES, st.lists(st.integers(0, 10), min_size=20, max_size=60))
def test_samples_that_the_sensor_lost_show_in_the_time_although_no_frame_is_missing(rate, lost):
    tracker, first, found = Tracker(rate), 0, []
    for number, gap in enumerate([0] * WARM + lost):
        first += gap
        taken = tracker.take(number, round(first * 1e6 / rate), ROWS)
        found.append(taken.lost)
        first += ROWS
    assert found[WARM:] == lost


@given(st.sampled_from([100.0, 400.0, 16000.0]), st.integers(0, 1000), st.floats(-0.02, 0.02))
@settings(max_examples=60)
def test_jitter_and_a_rate_that_is_not_quite_what_was_announced_make_no_gaps(rate, seed, off):
    random, tracker = np.random.default_rng(seed), Tracker(rate)
    for number in range(200):
        exact = number * ROWS * 1e6 / (rate * (1 + off)) + 1e6
        taken = tracker.take(number, round(exact + random.uniform(-400, 400)), ROWS)
        assert taken.lost in (0, None)
        assert number == 0 or taken.lost == 0
    assert abs(1e6 / tracker.period_us / (rate * (1 + off)) - 1) < 0.01


@given(RATES, st.integers(1, 2**16 - 1), st.integers(-(2**31), 2**31))
def test_a_frame_that_contradicts_itself_is_left_out_and_costs_nothing_else(rate, sequence, time_us):
    sender = Sender(rate)
    for number in range(20):
        sender.frame(number)
    step_us = ROWS * 1e6 / rate
    expected_us = 1_000_000 + (20 + (sequence - 20) % 2**16) * step_us
    if abs(time_us - expected_us) < 11e6 + 64 * step_us * ((sequence - 20) % 2**16):
        return  # it does not contradict itself
    before = len(sender.taken)
    sender.frame(20, sequence=sequence, time_us=time_us)
    assert len(sender.taken) == before
    for number in range(20, 30):
        sender.frame(number)
    assert len(sender.taken) == before + 10
    sender.check()


def test_a_stream_that_really_begins_anew_is_followed_after_a_while_with_a_gap_of_unknown_length():
    sender = Sender(400.0)
    for number in range(30):
        sender.frame(number)
    for number in range(ANEW_AFTER + 5):
        sender.frame(100 + number, sequence=number + 40_000, time_us=round(number * ROWS * 2500))
    assert len(sender.taken) == 30 + 6
    assert sender.taken[30][1] is None
    assert [lost for _, lost in sender.taken[31:]] == [0] * 5


def test_after_a_restart_numbers_and_times_may_be_anything():
    sender = Sender(400.0)
    for number in range(30):
        sender.frame(number)
    sender.tracker.begin_anew()
    sender.frame(50, sequence=0, time_us=5000)
    assert sender.taken[-1] == (400, None)
