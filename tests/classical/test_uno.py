"""gesture_classical on an emulated Uno: 2 kB of RAM, an int of 16 bits, the link at 115200 baud."""

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import emulator_control
import numpy as np
import pytest

from ml.classical.features import features
from ml.classical.uno import FLASH, RAM, missing
from ml.classical.verify import difference, product, windows
from ml.errors import UserError
from ml.link.device import CommandError, Device
from ml.link.frames import Frame
from ml.link.messages import Command, Event, Status, Type
from ml.native.decide import DecideConfig, decide
from ml.paths import ROOT
from ml.pipeline.contract import find
from tests.firmware import Firmware, Running

HEADER = Path("/usr/include/simavr/sim_avr.h")
WHY = missing() or (None if HEADER.exists() else "no libsimavr-dev (python tools/setup.py --all)")
pytestmark = pytest.mark.skipif(WHY is not None, reason=str(WHY))
APP, ENVIRONMENT = "gesture_classical", "gesture_classical-uno-virtual"


@pytest.fixture(scope="module")
def board(firmware: Firmware, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with firmware.running(ENVIRONMENT, tmp_path_factory.mktemp("uno")) as running:
        yield running


@pytest.fixture
def device(board: Running) -> Iterator[Device]:
    with Device.open(str(board.console), app=APP) as opened:
        yield opened


def sizes(program: Path) -> tuple[int, int]:
    said = subprocess.run(["avr-size", str(program)], capture_output=True, text=True, check=True).stdout
    text, data, bss = map(int, said.splitlines()[1].split()[:3])
    return text + data, data + bss


def test_the_whole_firmware_fits(board: Running, device: Device) -> None:
    flash, static = sizes(board.image.program)
    assert flash <= FLASH
    assert static + device.info.stack == RAM


def test_it_introduces_itself(device: Device) -> None:
    info = device.asked()
    assert (info.app, info.board, info.cycles_hz, info.reset) == (APP, "uno-virtual", 16_000_000, "power")
    assert info.model is not None
    assert info.model.hash == product(APP).hash
    assert len(info.labels) == product(APP).classes


def test_features_and_scores_are_those_of_this_computer(device: Device) -> None:
    compared = [difference(device, one) for one in windows(product(APP), 6)]
    device.end_injection()
    assert compared == [[]] * 6
    used = device.statistics()
    assert used.windows >= 6
    assert device.info.stack - used.stack >= 40, "the stack nearly meets the variables"


def test_events_are_those_of_python(device: Device) -> None:
    """A stream of held-out windows one after the other, which is no gesture that anybody made, but a stream."""
    found = product(APP)
    app = find("gesture_recognition", quick=True).of_header(ROOT / f"lib/{APP}_model/{APP}.h")
    some = list(windows(found, 12))
    samples, rate = np.concatenate([one.samples for one in some]), some[0].rate_mhz
    answers, _ = found.host().run(features(app.inputs(samples, rate).windows))
    votes = np.where(answers[:, None] == np.arange(found.classes), 127, -128).astype(np.int8)
    expected = decide(votes, DecideConfig((168,) * found.classes, found.classes - 1, 3, 6))
    assert device.inject(samples, rate) == len(answers)
    heard = [arrival.message for arrival in device.arrivals(0.5) if isinstance(arrival.message, Event)]
    device.end_injection()
    assert expected, "no event to compare"
    assert [(one.class_id, one.score, one.window) for one in heard] == [
        (one.class_id, one.score, one.window) for one in expected
    ]


def test_the_self_test_gives_the_number_of_the_header(device: Device) -> None:
    assert device.numbers(Command.SELF_TEST, "<II") == (product(APP).check,) * 2


def test_thresholds_are_set_and_told(device: Device) -> None:
    before = device.thresholds()
    device.set_threshold(3, 99)
    assert device.thresholds() == [*before[:3], 99, *before[4:]]
    device.set_threshold(3, before[3])


@pytest.mark.parametrize(
    ("command", "arguments", "status"),
    [
        (Command.LEARN, b"\0", Status.BAD_ARGUMENT),
        (Command.UPDATE_STATUS, b"", Status.UNKNOWN),
        (Command.START, b"\7", Status.BAD_ARGUMENT),
        (Command.START, b"", Status.BAD_ARGUMENT),
        (Command.INJECT, bytes(12), Status.NOT_NOW),
        (Command.INJECT_END, b"", Status.NOT_NOW),
        (Command.INJECT_BEGIN, b"\1\0\0\0", Status.BAD_ARGUMENT),
        (Command.RUN_LAYER, b"\1\0", Status.BAD_ARGUMENT),
        (Command.READ_TENSOR, b"\0\0" + b"\xff" * 6, Status.BAD_ARGUMENT),
        (Command.SET_THRESHOLD, b"\x63\x10", Status.BAD_ARGUMENT),
    ],
)
def test_what_cannot_be_is_refused(device: Device, command: Command, arguments: bytes, status: Status) -> None:
    with pytest.raises(CommandError) as refused:
        device.command(command, arguments)
    assert refused.value.status == status


def test_it_answers_after_any_bytes(device: Device) -> None:
    rng = random.Random(1)
    for _ in range(60):
        device.port.write(rng.randbytes(rng.randrange(1, 60)))
        if rng.random() < 0.5:
            payload = bytes([rng.choice([*Command, 200])]) + rng.randbytes(rng.randrange(50))
            restarts = payload[0] in (Command.RESET_BOARD, Command.INJECT)
            device.port.write(b"" if restarts else Frame(Type.COMMAND, payload=payload).encode())
        time.sleep(0.01)
    device.port.write(b"\0")
    device.ping()
    assert device.statistics().errors > 0


def test_a_reset_is_told(device: Device) -> None:
    device.command(Command.RESET_BOARD)
    deadline = time.monotonic() + 20
    while device.session.restarts == 0 and time.monotonic() < deadline:
        list(device.arrivals(0.2))
    assert device.info.reset == "software"
    assert device.statistics().windows == 0


def test_a_board_that_is_killed_is_told_and_starts_again(board: Running) -> None:
    running = emulator_control.running(board.folder)
    assert running is not None
    os.kill(running.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while emulator_control.running(board.folder) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert emulator_control.crashed(board.folder) is not None
    with pytest.raises(UserError):
        Device.open(str(board.console), app=APP, timeout=1.0)
    board.restart()
    with Device.open(str(board.console), app=APP) as device:
        device.ping()


def test_a_program_for_another_processor_is_refused_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "program.elf").write_bytes(b"no program")
    with pytest.raises(emulator_control.EmulatorError, match="expected a program for an AVR"):
        emulator_control.start(tmp_path / "board", str(tmp_path / "program.elf"), "atmega328p")


def test_sources_of_the_real_uno_compile_without_warnings(tmp_path: Path) -> None:
    """As the Arduino core's build would see them; the core itself cannot be had here."""
    libraries = [ROOT / "lib" / name for name in ("board", "pocket", "classical", "decide", "link")]
    includes = [f"-I{library / 'include'}" for library in (*libraries, ROOT / "lib" / "frontend")]
    flags = [
        "-mmcu=atmega328p",
        "-DF_CPU=16000000L",
        "-DARDUINO=10819",
        '-DTHIMBLE_BOARD="uno"',
        "-DLINK_MAX_PAYLOAD=64",
    ]
    flags += ["-Os", "-Wall", "-Wextra", "-Werror", "-c", *includes]
    for source in sorted(path for library in libraries for path in (library / "src").rglob("*.c*")):
        cpp = source.suffix == ".cpp"
        command = [shutil.which("avr-g++" if cpp else "avr-gcc"), "-std=gnu++11" if cpp else "-std=gnu99"]
        warn = [] if cpp else ["-Wconversion"]
        out = ["-o", str(tmp_path / "made.o"), str(source)]
        done = subprocess.run([*map(str, command), *flags, *warn, *out], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
