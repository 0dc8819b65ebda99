"""What the tests on boards share besides the rig's own fixtures (tools/rig)."""

import pytest

from ml.errors import UserError
from tests.hil.checks.waiting import EMULATED
from tests.hil.truths import Truth, truth_of

DEFAULT_SOAK = {"keyword_spotting": 2.0}  # minutes: an hour of sound takes many of the host's


@pytest.fixture
def truth(board) -> Truth:
    """What Python says of the application that the board runs."""
    try:
        return truth_of(board.app)
    except UserError as error:  # such as: no espeak-ng to speak the words
        pytest.skip(str(error))


@pytest.fixture
def brief(truth) -> Truth:
    """The same of as much of its stream as goes over a serial line in seconds."""
    return truth.over_the_link


@pytest.fixture
def player(board):
    """Plays into the board's sensors; a real board has none that could be played into, and skips."""
    with board.player() as opened:
        yield opened


@pytest.fixture
def soak_minutes(pytestconfig, board) -> float:
    """An hour of virtual time where that takes seconds of the host's; docs/rig.md has the full runs."""
    default = DEFAULT_SOAK.get(board.app, 60.0) if board.kind in EMULATED else 0.5
    return pytestconfig.getoption("--soak-minutes") or default
