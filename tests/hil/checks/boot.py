"""A board that starts says what it is, checks itself, and comes back from a reset as what it was."""

from itertools import pairwise

from ml.link.device import Device
from ml.link.messages import ALL, Command, Info
from tests.hil.checks.waiting import PATIENCE_S, awaited, described, forget_what_came, reopened, restarted, works
from tests.hil.truths import Truth

BOOT_US = 5_000_000  # device time until somebody who listens knows what it is
RESTS = ("power", "brownout")  # what may be said after the power was off: many a chip cannot tell them apart


def is_what_was_built(device: Device, truth: Truth) -> None:
    """Application, model and labels are those of the header that this computer knows."""
    info = device.info
    assert info.app == truth.shipped.app.name
    assert info.model is not None
    assert info.model.hash == truth.model_hash
    assert info.model.layers == truth.shipped.model.model.layers
    assert len(info.labels) == truth.shipped.model.model.classes
    assert info.streams[0].name == truth.stream.sensor
    assert info.cycles_hz > 0


def checks_itself(device: Device) -> None:
    found, expected = device.numbers(Command.SELF_TEST, "<II")
    assert found == expected, f"self test: expected CRC-32 {expected:08x}, found {found:08x}"


def introduces_itself_by_itself(device: Device, seconds: int = 2) -> None:
    """Session info comes every second of device time without being asked for, and uptime goes on meanwhile."""
    forget_what_came(device)
    seen = [awaited(device, Info) for _ in range(1 + seconds)]
    uptimes = [arrival.message.uptime_us for arrival in seen]
    for earlier, later in pairwise(uptimes):
        assert 0.8e6 <= later - earlier <= 2e6, f"expected session info once a second, found it at {uptimes} us"
    for arrival in seen:
        behind = arrival.message.uptime_us - arrival.time_us
        assert abs(behind) < 1000, f"uptime and the clock of the frames are {behind} us apart"


def comes_back_from_a_reset(board, device: Device, patience_s: float = PATIENCE_S) -> None:
    """In time, with its cause, with everything that was changed put back; closes the device."""
    device.start(ALL)
    device.set_threshold(0, 77)
    with restarted(board, device, patience_s) as again:
        info = again.info
        assert info.reset == "software", f"expected the cause of the reset to be software, found {info.reset!r}"
        assert info.uptime_us < BOOT_US, f"expected session info {BOOT_US} us after the start, found {info.uptime_us}"
        assert not any(stream.on for stream in info.streams), "streams are off until somebody starts them"
        works(again)
        assert described(again).uptime_us > info.uptime_us


def comes_back_from_a_power_cut(board, device: Device, patience_s: float = PATIENCE_S) -> None:
    """The same, power taken and given back; closes the device."""
    before_us = described(device).uptime_us
    device.close()
    board.power_cycle()
    with reopened(board, None, patience_s) as again:
        assert again.info.reset in RESTS, f"expected one of {RESTS}, found {again.info.reset!r}"
        assert again.info.uptime_us < before_us + BOOT_US
        works(again)
