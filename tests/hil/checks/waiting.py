"""What the checks have in common: waiting for a board, by its own clock where that is possible.

Limits on the host's clock are generous and only there so that a dead board fails a test in place of hanging it.
"""

import contextlib
import time
from collections.abc import Iterator

from ml.errors import UserError
from ml.link.device import Device
from ml.link.messages import Command, Info
from ml.link.session import Arrival, Data
from ml.profile.boards import VIRTUAL

PATIENCE_S = 60.0  # of the host, for what a board does within seconds of its own time


def emulated(device: Device) -> bool:
    return device.info.board in VIRTUAL  # their sensors and clock are exact


def awaited(device: Device, kind: type) -> Arrival:
    """The next message of a kind."""
    for arrival in device.arrivals(PATIENCE_S):
        if isinstance(arrival.message, kind):
            return arrival
    raise AssertionError(f"expected {kind.__name__} within {PATIENCE_S:g} s, found none")


def forget_what_came(device: Device) -> None:
    """What the board sent until now is of no interest."""
    for _ in device.arrivals(0):
        pass


def described(device: Device) -> Info:
    """Session info of this moment."""
    forget_what_came(device)
    device.command(Command.GET_INFO)
    return awaited(device, Info).message


def sensor_runs(device: Device) -> None:
    """It gives samples that nobody injected."""
    device.start(0)
    awaited(device, Data)
    device.stop(0)


def works(device: Device) -> None:
    """It computes what it should, and its sensor runs."""
    found, expected = device.numbers(Command.SELF_TEST, "<II")
    assert found == expected, f"self test: expected CRC-32 {expected:08x}, found {found:08x}"
    sensor_runs(device)


def mark(device: Device) -> None:
    """Switches a stream on: a board that has restarted since then has it off."""
    device.start(device.info.streams[-1].id)


@contextlib.contextmanager
def reopened(board) -> Iterator[Device]:
    """The board after a restart: as soon as it answers, its mark gone."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            device = board.open()
        except UserError as error:
            assert time.monotonic() < end, f"expected the board back within {PATIENCE_S:g} s, found: {error}"
            continue
        if not device.info.streams[-1].on:
            break
        device.close()
        assert time.monotonic() < end, f"expected a restart within {PATIENCE_S:g} s, found that it goes on"
        time.sleep(0.1)
    with device:
        yield device


def restarted(board, device: Device) -> contextlib.AbstractContextManager[Device]:
    """By a command; closes the device."""
    mark(device)
    device.command(Command.RESET_BOARD)
    device.close()
    return reopened(board)


def cut(board, device: Device) -> contextlib.AbstractContextManager[Device]:
    """Takes the power away and gives it back; closes the device."""
    device.close()
    board.power_cycle()
    return reopened(board)
