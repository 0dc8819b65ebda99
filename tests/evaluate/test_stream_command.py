"""A stream played into a board must give the events that Python gives, each of them."""

import dataclasses

import numpy as np
import pytest

from ml.data.streams import Stream, Truth
from ml.errors import UserError
from ml.evaluate.streams import Detection, Scored
from ml.trial.on_board import Played
from ml.trial.stream_command import check_equal, check_windows, first_hours
from tests.evaluate.test_stream_summary import FINE

SEEN = [Detection("left", 40, 200), Detection("right", 90, 210)]


def test_equal_events_pass():
    check_equal("anna", SEEN, list(SEEN))


@pytest.mark.parametrize(
    ("found", "named"),
    [
        ([SEEN[0], Detection("right", 94, 210)], "event 1"),
        ([Detection("left", 40, 201), SEEN[1]], "event 0"),
        (SEEN[:1], "found 1 on the board"),
        ([*SEEN, SEEN[1]], "found 3 on the board"),
        ([], "expected 2 events"),
    ],
)
def test_any_difference_is_named(found, named):
    with pytest.raises(UserError, match=named) as caught:
        check_equal("anna", SEEN, found)
    assert "anna" in str(caught.value)


@pytest.mark.parametrize(
    ("windows", "asleep", "runs_on", "right"),
    [
        (100, 80, False, True),
        (101, 80, False, False),  # one that Python did not make
        (99, 80, False, False),
        (100, 81, False, False),
        (102, 81, True, True),  # the sensor of a virtual board goes on behind the recording
        (99, 80, True, False),
        (100, 79, True, False),
    ],
)
def test_a_board_makes_every_window_and_no_surplus_one(windows, asleep, runs_on, right):
    awake = np.arange(100) < 20
    stream = Stream("anna", np.zeros((400, 6), np.int16), 100_000, ())
    scored = Scored(stream, np.zeros((100, 3), np.int8), np.arange(100) * 4, awake)
    played = Played([], dataclasses.replace(FINE, windows=windows, asleep=asleep), 0, runs_on)
    if right:
        check_windows(scored, played)
        return
    with pytest.raises(UserError, match="anna: expected 100 windows, the network asleep in 80"):
        check_windows(scored, played)


def test_the_first_part_of_a_stream_ends_between_events():
    samples = np.zeros((7200, 1), np.int16)
    stream = Stream("anna", samples, 1_000_000, (Truth("left", 10, 20), Truth("right", 3000, 7200)), "mic")
    (part,) = first_hours([stream], stream.hours / 2)
    assert len(part.samples) == 3000
    assert part.truth == stream.truth[:1]
    assert first_hours([stream], None)[0].truth == stream.truth
