"""tools/power.py --link with real firmware: the virtual board's own timing is matched with a meter's current."""

import contextlib
import itertools
import json
import subprocess
import sys
import threading

import numpy as np
import pytest
from simulated import ASLEEP_A, AWAKE_A, Ppk2

from ml.errors import UserError
from ml.link.device import Device
from ml.link.sensor_bus import Player, Track
from ml.link.session import Data
from ml.paths import ROOT

APP, VOLTAGE, SECONDS, ENOUGH = "gesture_recognition", 3.0, 4.0, 8


@pytest.fixture(scope="module")
def board(started):
    started(f"{APP}-virtual")
    return "virtual"


@contextlib.contextmanager
def moving():
    """A hand that never rests, held as the model learned it (z up): the network runs in every window."""
    with Device.open("virtual", APP) as device:
        rate_mhz = device.info.streams[0].rate_mhz
    at = np.arange(400_000)[:, None] / (rate_mhz / 1000)
    turns = np.sin(2 * np.pi * at * [2.0, 3.1, 1.7, 2.0, 1.1, 3.0]) * [800, 700, 600, 8000, 6000, 4000]
    turns += [0, 0, 2048, 0, 0, 0]
    player = Player.open("virtual", APP)

    def play() -> None:
        with contextlib.suppress(UserError, TypeError, OSError):  # the port is closed in the end
            player.play({"imu": Track(turns.astype(np.int16), rate_mhz)})

    thread = threading.Thread(target=play, daemon=True)
    thread.start()
    yield
    player.port.close()
    thread.join()


def window() -> tuple[float, float, float]:
    """Seconds from one window to the next, of the network, and of network and decision, as the board tells."""
    with Device.open("virtual", APP) as device:
        stream = next(stream for stream in device.info.streams if stream.name == "timing")
        device.start(stream.id)
        rows = (arrival.message.samples[0] for arrival in device.arrivals(60) if isinstance(arrival.message, Data))
        awake = np.array(list(itertools.islice((row for row in rows if row[1]), ENOUGH)), float)
        device.stop(stream.id)
    network, decide = np.median(awake[:, 3:5], 0) / device.info.cycles_hz
    return 1000 / stream.rate_mhz, network, network + decide


def test_a_virtual_boards_windows_are_found_in_the_current_of_a_board_that_computes_as_it_does(board):
    with moving():
        hop, network, busy = window()
        meter = Ppk2()
        starts = 0.4 * hop + hop * np.arange(int(SECONDS / hop))
        meter.schedule = np.stack([starts, starts + busy], 1)
        with meter.serve():
            command = [sys.executable, "tools/power.py", "--meter", f"ppk2@{meter.path}", "--link", board, "--json"]
            command += ["--voltage", str(VOLTAGE), "--seconds", str(SECONDS)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["alignment"]["strength"] > 0.8, found["notes"]
    assert found["alignment"]["repeats"]
    assert found["inference"]["windows"] == pytest.approx(SECONDS / hop, abs=1.5)
    assert found["inference"]["seconds"] == pytest.approx(network, rel=0.01)
    # The board computes later where it has just sent its session info; the current's pulses are regular.
    assert found["inference"]["energy_j"] == pytest.approx(AWAKE_A * network * VOLTAGE, rel=0.08)
    assert found["sleep_a"] < ASLEEP_A + 0.01 * AWAKE_A
