"""A board that hangs or faults comes back by itself and says why; one that only waits for its host is left alone."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ml.link.device import CommandError, Device
from ml.link.frames import Frame
from ml.link.messages import Command, Info, Provoke, Status, Type
from ml.link.port import Port
from ml.link.sensor_bus import ATTACH, HEADER, SYNC, VERSION, crc16
from tests.firmware import Running, emulator_control
from tests.hil.checks.memory import arena_fits

APP = "gesture_recognition"
WATCHDOG_MS = 500  # less than the board waits for its host on purpose
FLAGS = f"-D SERVICE_PROVOKE=1 -D SERVICE_WATCHDOG_MS={WATCHDOG_MS} -D NN_GUARD=64"
CAUSES = {Provoke.HANG: "watchdog", Provoke.FAULT: "fault", Provoke.STACK_OVERFLOW: "fault"}
PATIENCE_S = 60  # with a slow host
BOARDS = ["virtual", "host"]


@pytest.fixture(scope="module", params=BOARDS)
def breaking(request, started) -> Running:
    """A running board that breaks on request."""
    return started(f"{APP}-{request.param}", FLAGS)


@pytest.fixture
def folder(breaking) -> Path:
    return breaking.folder


@pytest.fixture
def device(breaking) -> Iterator[Device]:
    """Started afresh, as from power-up."""
    breaking.restart()
    with Device.open(str(breaking.console), app=APP) as opened:
        yield opened


def restarted(device: Device, before: int = 0) -> tuple[Info, list[str]]:
    """What it says of itself after its next start, and the text that it sent on the way."""
    lines = []
    for arrival in device.arrivals(PATIENCE_S):
        if isinstance(arrival.message, str):
            lines.append(arrival.message)
        if isinstance(arrival.message, Info) and device.session.restarts > before:
            return arrival.message, lines
    raise AssertionError(f"no restart within {PATIENCE_S} s; it said {lines}")


def provoke(device: Device, kind: Provoke) -> None:
    """Not at the very start: a virtual board would then restart to the microsecond as it did before."""
    device.command(Command.GET_INFO)
    list(device.arrivals(0.1))
    device.command(Command.PROVOKE, bytes([kind]))


@pytest.mark.parametrize("kind", Provoke)
def test_a_board_that_breaks_comes_back_and_says_what_it_was(device, kind):
    assert device.info.reset == "power"
    provoke(device, kind)
    info, lines = restarted(device)
    assert info.reset == CAUSES[kind]
    assert any("FAULT" in line and "board resets" in line for line in lines) == (info.reset == "fault")
    assert kind != Provoke.STACK_OVERFLOW or any("stack overflow" in line for line in lines)
    assert device.numbers(Command.SELF_TEST, "<II")[0] == device.numbers(Command.SELF_TEST, "<II")[1]
    assert device.session.damaged == 0


def test_a_board_that_breaks_again_comes_back_again(device):
    for times in range(3):
        provoke(device, Provoke.HANG)
        assert restarted(device, before=times)[0].reset == "watchdog"


def test_a_reset_on_request_is_told_from_the_watchdogs(device):
    provoke(device, Provoke.HANG)
    assert restarted(device)[0].reset == "watchdog"
    device.command(Command.RESET_BOARD)
    assert restarted(device, before=1)[0].reset == "software"


def test_an_unknown_provocation_is_refused(device):
    with pytest.raises(CommandError) as refused:
        device.command(Command.PROVOKE, bytes([len(Provoke)]))
    assert refused.value.status == Status.BAD_ARGUMENT


def test_the_guard_behind_the_arena_stays_whole(device):
    device.command(Command.SELF_TEST)
    arena_fits(device.statistics().arena, device.info.model.arena)


def test_a_listener_that_takes_nothing_does_not_trip_the_watchdog(device):
    uptime = device.info.uptime_us
    device.port.write(Frame(Type.COMMAND, payload=bytes([Command.GET_INFO])).encode() * 250)  # more than a line holds
    time.sleep(3)
    assert is_up_since(device, uptime)


def test_a_player_that_falls_silent_does_not_trip_the_watchdog(device, folder):
    uptime = device.info.uptime_us
    threading.Thread(target=_attach, args=(folder / "sensors",)).start()
    time.sleep(4)  # the board waits three seconds for an answer
    assert is_up_since(device, uptime)


def test_a_board_whose_host_stood_still_for_a_while_is_not_reset(device, folder):
    uptime, process = device.info.uptime_us, emulator_control.state(folder).pid
    os.kill(process, signal.SIGSTOP)
    time.sleep(4 * WATCHDOG_MS / 1000)
    os.kill(process, signal.SIGCONT)
    assert is_up_since(device, uptime)


def test_an_emulator_that_was_stopped_leaves_no_process(breaking):
    process = psutil.Process(emulator_control.state(breaking.folder).pid)
    breaking.stop()
    assert not process.is_running()


def is_up_since(device: Device, uptime_us: int) -> bool:
    """It answers now, and has not started anew."""
    device.ping()
    device.command(Command.GET_INFO)
    list(device.arrivals(0.2))
    return device.session.restarts == 0 and device.info.uptime_us > uptime_us and device.info.reset == "power"


def _attach(sensors: Path) -> None:
    """Announces a recording for the IMU that never comes."""
    frame = HEADER.pack(ATTACH, 1, 6) + bytes([VERSION, 0]) + b"host"
    port = Port(str(sensors))
    port.write(bytes([SYNC]) + frame + crc16(frame).to_bytes(2, "little"))
    time.sleep(4)
    port.close()
