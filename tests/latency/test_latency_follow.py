"""From frames to rows: whatever is lost, repeated or exchanged on the way, and whatever a board says."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ml.link.messages import Channel, Info, Model, Stream
from ml.link.session import Data
from tools.latency_log import reading, writing
from tools.latency_log.board import Missed
from tools.latency_log.follow import CHANNELS, Follower, Limits, header_of
from tools.latency_log.log import COLUMNS, Rows

STREAM = Stream(3, "timing", 8325, "uint32", tuple(Channel(name, "", 1) for name in CHANNELS))
WINDOW_US = 120_120


def frame(window, *rest):
    return Data(STREAM, np.array([window, *(rest or (1, 2, 3, 4, 5, 6))], "<u4").tobytes(), 0)


def followed(windows, limits=None):
    """The windows that are logged, what is said to be missing before each, and the follower."""
    follower = Follower(limits)
    rows = [row for window in windows for row in follower.take(window * WINDOW_US, frame(window))]
    at = COLUMNS.index
    return [row[at("window")] for row in rows], [row[at("lost")] for row in rows], follower


@given(first=st.integers(1, 1000), kept=st.lists(st.booleans(), min_size=1, max_size=60))
def test_what_is_missing_between_rows_is_counted(first, kept):
    windows = [first + at for at, keep in enumerate(kept) if keep]
    logged, lost, follower = followed(windows)
    assert logged == windows
    assert follower.lost == sum(lost) == (windows[-1] - windows[0] + 1 - len(windows) if windows else 0)


@given(windows=st.lists(st.integers(1, 40), max_size=80))
def test_rows_that_come_late_or_twice_are_left_out(windows):
    logged, lost, follower = followed(windows)
    assert logged == sorted(set(logged)) and set(logged) <= set(windows)
    assert len(logged) + follower.repeated == len(windows)
    assert not logged or sum(lost) == logged[-1] - logged[0] + 1 - len(logged)


@given(before=st.integers(1, 100), first=st.integers(1, 100))
def test_after_a_restart_rows_are_missing_from_its_first_window_on(before, first):
    follower = Follower()
    follower.take(before * WINDOW_US, frame(before))
    follower.restarted()
    (row,) = follower.take(first * WINDOW_US, frame(first))
    found = dict(zip(COLUMNS, row, strict=True))
    assert (found["start"], found["window"], found["lost"], found["slept_us"]) == (1, first, first - 1, 0)


def test_a_stream_found_off_is_a_restart_only_where_the_windows_begin_anew():
    for window, start, lost in ((60, 0, 9), (3, 1, 2)):
        follower = Follower()
        follower.take(0, frame(50))
        follower.resumed()
        (row,) = follower.take(0, frame(window))
        assert (row[0], row[3]) == (start, lost)


def test_the_count_of_windows_wraps():
    logged, lost, _ = followed([2**32 - 2, 2**32 - 1, 0, 2])
    assert logged == [2**32 - 2, 2**32 - 1, 0, 2] and lost == [0, 0, 0, 1]


@given(kept=st.sets(st.integers(1, 60), min_size=1))
def test_of_a_recording_each_missing_window_counts_and_none_before_or_after(kept):
    """It spans windows 21 to 40; before and after it the board lies still."""
    logged, lost, follower = followed(sorted(kept), Limits(from_us=20.5 * WINDOW_US, until_us=40.5 * WINDOW_US))
    inside = sorted(kept & set(range(21, 41)))
    assert logged == inside
    assert follower.is_over == (max(kept) > 40)
    if inside and follower.is_over:
        assert sum(lost) + follower.lost_after == 20 - len(inside)


@given(windows=st.integers(1, 30), seconds=st.floats(0.1, 5))
def test_limits_are_kept(windows, seconds):
    assert len(followed(range(1, 50), Limits(windows=windows))[0]) == windows
    within = [at for at in range(49) if at * WINDOW_US <= seconds * 1e6]
    assert len(followed(range(1, 50), Limits(seconds=seconds))[0]) == len(within)


@given(
    frames=st.lists(st.tuples(*[st.integers(0, 2**32 - 1)] * len(CHANNELS)), max_size=20),
    times=st.lists(st.integers(-(2**70), 2**70), min_size=20, max_size=20),
    name=st.text(max_size=300),
)
def test_whatever_a_board_says_becomes_a_log_that_can_be_read(tmp_path_factory, frames, times, name):
    info = Info(1, name, name, name, 0, 64_000_000, 0, 768, Model(name, name, "", 1, 1, 1, 1), (STREAM,))
    header = header_of(info, STREAM)
    follower, rows = Follower(), Rows()
    for values, time_us in zip(frames, times, strict=False):
        for row in follower.take(time_us, frame(*values)):
            rows.append(row)
    path = tmp_path_factory.mktemp("log") / "log.csv"
    writer = writing.create(path, header)
    writer.add(rows)
    writer.close()
    found = reading.read(path)
    assert found.header == header and found.rows.since(0) == rows.since(0)


@given(lives=st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=9), min_size=1, max_size=5))
def test_missed_deadlines_are_counted_through_restarts(lives):
    """Each life of the board counts from 0; what was missed before the log began is none of it."""
    counter, total = Missed(), 0
    counter.begin(100)
    for number, steps in enumerate(lives):
        value = 100 if number == 0 else 0
        if number:
            counter.take(0)
        for step in steps:
            value, total = value + step, total + step
            counter.take(value)
    assert counter.total == total
