"""What the gesture application promises on a board: it introduces itself, obeys, survives, and computes as the host."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

from ml.errors import UserError
from ml.evaluate.parity import Case, OnDevice, Parity, layers
from ml.gesture_recognition.app import GestureRecognition
from ml.link.device import Device
from ml.link.frames import Frame
from ml.link.messages import ALL, Command, Event, Info, Type
from ml.native.decide import DecideConfig, decide
from ml.native.imu import windows
from ml.paths import ROOT

pytestmark = pytest.mark.xdist_group("gesture_recognition on virtual boards")
APP = "gesture_recognition"
HEADER = ROOT / f"lib/{APP}_model/{APP}_model.h"
FRONT_END = GestureRecognition().config.front_end.imu()
PATIENCE_S = 60  # with a slow host


def motion(count: int, seed: int) -> np.ndarray:
    """Smooth wild movement, int16 (count, 6) in counts."""
    steps = np.random.default_rng(seed).normal(0, 1, (count + 20, 6))
    smooth = np.apply_along_axis(lambda x: np.convolve(x, np.hanning(21), "valid"), 0, steps)
    return np.clip(smooth * 3000, -32768, 32767).astype(np.int16)[:count]


def case(seed: int, rate_mhz: int = FRONT_END.rate_mhz) -> Case:
    """Samples at some rate that complete exactly one window."""
    samples = motion(-(-FRONT_END.window * rate_mhz // FRONT_END.rate_mhz), seed)
    return Case(f"motion {seed}", samples, rate_mhz, windows(samples, FRONT_END, rate_mhz).windows[0])


def setting(name: str) -> int:
    """A decision setting, as the header comments it."""
    return int(re.search(rf"^    (\d+), // {name}", HEADER.read_text(), re.MULTILINE)[1])


def test_the_board_introduces_the_model_it_was_built_with(device, host_model):
    info = device.info
    assert (info.app, info.board, info.streams[0].name) == (APP, "virtual", "imu")
    assert (info.model.hash, info.model.layers) == (host_model.model.hash.decode(), host_model.model.layers)
    assert len(info.labels) == host_model.model.classes
    assert 0 < device.statistics().stack < info.stack


def test_the_board_checks_itself(device):
    found, expected = device.numbers(Command.SELF_TEST, "<II")
    assert found == expected


def test_windows_go_on_by_themselves_and_meet_their_deadlines(device):
    device.command(Command.RESET_STATS)
    assert any(device.statistics().windows >= 5 for _ in range(100) if not time.sleep(0.1))
    counted = device.statistics()
    assert (counted.missed, counted.overruns, counted.dropped) == (0, 0, 0)


def test_thresholds_change_what_is_detected_as_on_the_host(device, host_model):
    """Events of a continuous stream equal those of front end, model and decision on the host."""
    samples = motion(400, seed=5)
    scores = host_model.run(windows(samples, FRONT_END).windows)
    kept, counts = device.thresholds(), []
    for threshold in (1, 100, 255):
        config = DecideConfig(
            (threshold,) * len(kept), setting("background"), setting("smoothing"), setting("refractory time")
        )
        device.set_threshold(ALL, threshold)
        list(device.arrivals(0))
        device.inject(samples)
        found = [a.message for a in device.arrivals(0) if isinstance(a.message, Event)]
        expected = decide(scores, config)
        assert [(e.class_id, e.score, e.window) for e in found] == [(e.class_id, e.score, e.window) for e in expected]
        counts.append(len(found))
    assert counts[0] > 0 == counts[2]
    for class_id, threshold in enumerate(kept):
        device.set_threshold(class_id, threshold)
    device.end_injection()


def test_an_injection_costs_the_sensor_nothing(device):
    device.command(Command.RESET_STATS)
    device.inject(motion(200, seed=3))
    device.end_injection()
    before = device.statistics().windows
    assert any(device.statistics().windows > before for _ in range(100) if not time.sleep(0.1))
    assert device.statistics().overruns == 0


def compare(device: Device, host_model, cases: list[Case]) -> Parity:
    """Board against host."""
    truth = SimpleNamespace(
        graph=SimpleNamespace(ops=[]), run=lambda given: {one.tensor: one.data for one in host_model.layers(given)}
    )
    parity = Parity(truth, layers(host_model), OnDevice(device))
    parity.compare(cases)
    device.end_injection()
    return parity


@pytest.mark.parametrize("board", ["virtual", "virtual_m3", "host"])
def test_front_end_and_every_layer_equal_the_hosts(board, host_model, request):
    cases = [case(seed, rate) for seed, rate in enumerate([FRONT_END.rate_mhz] * 4 + [20_000, 104_000, 119_000])]
    with Device.open(request.getfixturevalue(board).replace("_", "-"), app=APP) as device:
        parity = compare(device, host_model, cases)
    assert (parity.windows, parity.mismatches) == (len(cases), [])


def test_a_wrong_input_on_the_board_is_noticed(device, host_model):
    wrong = case(1)
    wrong.input[3, 2] ^= 4
    (found,) = compare(device, host_model, [wrong]).mismatches
    assert (found.stage, found.index, found.differing) == ("front end", (3, 2), 1)


def hostile(chance: np.random.Generator) -> bytes:
    """Random bytes, damaged frames, and whole commands with random arguments."""
    kind = chance.integers(3)
    size = int(chance.integers(0, 60))
    if kind == 0:
        return chance.bytes(size)
    command = int(chance.choice([c for c in range(0x20) if c != Command.RESET_BOARD]))
    frame = bytearray(Frame(Type.COMMAND, payload=bytes([command]) + chance.bytes(size)).encode())
    if kind == 1:
        frame[int(chance.integers(len(frame)))] ^= int(chance.integers(1, 256))
    return bytes(frame)


def test_no_bytes_from_the_host_stop_the_board(device):
    chance = np.random.default_rng(7)
    device.ping()
    for _ in range(30):
        device.port.write(b"".join(hostile(chance) for _ in range(8)) + b"\0")
        device.ping()
    assert device.statistics().errors > 0
    device.command(Command.STOP, bytes([ALL]))
    device.command(Command.INJECT_BEGIN, bytes(4))
    device.end_injection()
    lines = [a.message for a in device.arrivals(0) if isinstance(a.message, str)]
    assert (device.session.restarts, device.session.damaged, lines) == (0, 0, [])
    found, expected = device.numbers(Command.SELF_TEST, "<II")
    assert found == expected


def test_a_second_program_is_told_that_the_board_is_in_use(device, virtual):
    with pytest.raises(UserError, match="found it in use"):
        Device.open(virtual, app=APP)


def test_a_restart_is_answered_and_noticed(device):
    device.command(Command.RESET_BOARD)
    assert any(device.session.restarts for a in device.arrivals(PATIENCE_S) if isinstance(a.message, Info))
    device.ping()
    assert device.statistics().uptime_us < 60_000_000


def test_the_monitor_shows_frames_as_lines(virtual):
    with Device.open(virtual, app=APP) as device:
        reset = device.info.reset  # another test may have restarted the board
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "platformio", "device", "monitor", "-e", f"{APP}-{virtual}"]
    monitor = subprocess.Popen(command, cwd=ROOT, stdin=slave, stdout=slave, stderr=slave)
    shown, end = "", time.monotonic() + PATIENCE_S
    try:
        while not re.search(r"\d+ windows, \d+ events", shown) and time.monotonic() < end:
            if select.select([master], [], [], 0.5)[0]:
                shown += os.read(master, 4096).decode("utf-8", "replace")
    finally:
        monitor.terminate()
        monitor.wait()
        os.close(slave)
        os.close(master)
    assert reset
    assert f"{APP} on virtual, reset {reset}\r\n" in shown
    assert re.search(r"model gesture_recognition [0-9a-f]{16}: \d+ layers, arena [\d,]+ B\r\n", shown)
    assert re.search(r"\d+\.\d{3} s  \d+ windows, \d+ events", shown)
    assert "\0" not in shown
