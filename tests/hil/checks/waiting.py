"""What the checks have in common: waiting for a board, by its own clock where that is possible.

Limits on the host's clock are generous and only there so that a dead board fails a test in place of hanging it.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any

from ml.errors import UserError
from ml.link.device import Device
from ml.link.messages import Command, Info, Telemetry
from ml.link.session import Arrival

PATIENCE_S = 60.0  # of the host, for what a board does within seconds
EMULATED = ("virtual", "virtual-m3", "host")  # their sensors and clock are exact


def emulated(device: Device) -> bool:
    return device.info.board in EMULATED


def awaited(
    device: Device, kind: type, accept: Callable[[Any], bool] = lambda message: True, seconds: float = PATIENCE_S
) -> Arrival:
    """The next message of a kind."""
    for arrival in device.arrivals(seconds):
        if isinstance(arrival.message, kind) and accept(arrival.message):
            return arrival
    raise AssertionError(f"expected {kind.__name__} within {seconds:g} s, found none")


def forget_what_came(device: Device) -> None:
    """What the board sent until now is of no interest."""
    for _ in device.arrivals(0):
        pass


def described(device: Device) -> Info:
    """Session info of this moment."""
    forget_what_came(device)
    device.command(Command.GET_INFO)
    return awaited(device, Info).message


def counted(device: Device, enough: Callable[[Telemetry], bool], seconds: float = PATIENCE_S) -> Telemetry:
    """The first statistics that are enough."""
    end = time.monotonic() + seconds
    while not enough(statistics := device.statistics()):
        assert time.monotonic() < end, f"expected the counters to go on within {seconds:g} s, found {statistics}"
        for _ in device.arrivals(0.1):
            pass
    return statistics


def windows_go_on(device: Device) -> None:
    """By themselves, from the sensor."""
    before = device.statistics().windows
    counted(device, lambda statistics: statistics.windows > before)


@contextlib.contextmanager
def reopened(board, before_us: int | None, seconds: float = PATIENCE_S) -> Iterator[Device]:
    """The board after a restart: as soon as it answers, with an uptime below that of before."""
    end = time.monotonic() + seconds
    while True:
        try:
            device = board.open()
        except UserError as error:
            assert time.monotonic() < end, f"expected the board back within {seconds:g} s, found: {error}"
            continue
        if before_us is None or device.info.uptime_us < before_us:
            break
        device.close()
        assert time.monotonic() < end, f"expected a restart within {seconds:g} s, found an uptime that goes on"
        time.sleep(0.1)
    with device:
        yield device


def works(device: Device) -> None:
    """It computes what it should, and its sensor runs."""
    found, expected = device.numbers(Command.SELF_TEST, "<II")
    assert found == expected, f"self test: expected CRC-32 {expected:08x}, found {found:08x}"
    windows_go_on(device)


def restarted(board, device: Device, patience_s: float = PATIENCE_S) -> contextlib.AbstractContextManager[Device]:
    """By a command; closes the device."""
    before_us = described(device).uptime_us
    device.command(Command.RESET_BOARD)
    device.close()
    return reopened(board, before_us, patience_s)
