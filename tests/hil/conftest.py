"""What the tests on boards share besides the rig's own fixtures (tools/rig)."""

from collections.abc import Iterator

import pytest

from ml.errors import UserError
from ml.link.device import Device
from ml.link.session import Session
from ml.profile.boards import VIRTUAL
from tests.hil.checks.waiting import described
from tests.hil.truths import Truth, truth_of

# Minutes of virtual time where nobody says how long. An hour of motion takes seconds of the host's, and one application
# has it; an hour of sound takes many minutes.
DEFAULT_SOAK = {"fall_detection": 10.0, "vibration_anomaly": 10.0, "keyword_spotting": 2.0}


@pytest.fixture
def truth(board) -> Truth:
    """What Python says of the application that the board runs."""
    try:
        return truth_of(board.app)
    except UserError as error:  # such as: no espeak-ng to speak the words
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def kept() -> Iterator[list[Device]]:
    """The open device of the test before, if its board is emulated: QEMU takes a second to see that a port opens."""
    devices: list[Device] = []
    yield devices
    for one in devices:
        one.close()


@pytest.fixture(autouse=True)
def _nobody_else_has_the_port(request, kept) -> None:
    if "device" not in request.fixturenames:
        while kept:
            kept.pop().close()


@pytest.fixture
def device(board, kept) -> Iterator[Device]:
    """The board's firmware, proven and open, with a session of its own."""
    opened = _proven_again(kept.pop(), board) if kept else None
    opened = opened or board.open()
    yield opened
    if board.kind in VIRTUAL:
        kept.append(opened)
    else:
        opened.close()


def _proven_again(device: Device, board) -> Device | None:
    """It is the same board, and answers; None, closed, where not."""
    try:
        device.session = Session()
        info = described(device)
        if (device.port.name, info.app, info.build) == (board.port, board.app, board.build):
            return device
    except (UserError, AssertionError):
        pass
    device.close()
    return None


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
    """On an emulated board as above, an hour for others; docs/rig.md has the full runs."""
    default = DEFAULT_SOAK.get(board.app, 60.0) if board.kind in VIRTUAL else 0.5
    return pytestconfig.getoption("--soak-minutes") or default
