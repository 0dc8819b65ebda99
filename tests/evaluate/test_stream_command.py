"""A stream played into a board must give the events that Python gives, each of them."""

import pytest

from ml.errors import UserError
from ml.evaluate.stream_command import check_equal
from ml.evaluate.streams import Detection

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
