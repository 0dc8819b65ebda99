"""A board that starts says what it is, checks itself, and comes back from a reset as what it was."""

from itertools import pairwise

from ml.link.device import Device
from ml.link.messages import ALL, Command, Info
from tests.hil.checks.waiting import awaited, cut, described, emulated, forget_what_came, mark, restarted, works
from tests.hil.truths import Truth

BOOT_US = 2_000_000  # device time until it says what it is
ENUMERATION_US = 30_000_000  # until the host has found its port again
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


def introduces_itself_in_time(board, device: Device) -> None:
    """After a reset. The port of a real board may go and come back, which takes the host some time."""
    if not emulated(device):
        with restarted(board, device) as again:
            uptime_us, limit_us = again.info.uptime_us, BOOT_US + ENUMERATION_US
    else:
        mark(device)
        described(device)  # session info from before the mark has come by now
        device.command(Command.RESET_BOARD)
        while (info := awaited(device, Info).message).streams[-1].on:
            pass
        uptime_us, limit_us = info.uptime_us, BOOT_US
    assert uptime_us <= limit_us, f"expected session info {limit_us} us after the start, found it after {uptime_us} us"


def comes_back_from_a_reset(board, device: Device) -> None:
    """With its cause, and with everything that was changed put back; closes the device."""
    device.start(ALL)
    with restarted(board, device) as again:
        info = again.info
        assert info.reset == "software", f"expected the cause of the reset to be software, found {info.reset!r}"
        assert not any(stream.on for stream in info.streams), "streams are off until somebody starts them"
        works(again)
        assert described(again).uptime_us > info.uptime_us


def comes_back_from_a_power_cut(board, device: Device) -> None:
    """The same, power taken and given back; closes the device."""
    thresholds = device.thresholds()
    mark(device)
    device.set_threshold(0, thresholds[0] ^ 0x55)
    with cut(board, device) as again:
        assert again.info.reset in RESTS, f"expected one of {RESTS}, found {again.info.reset!r}"
        assert again.thresholds() == thresholds, "what was changed at run time is still changed"
        works(again)
