"""What the programs of a board's host promise: one at a time, frames as lines, samples in place of the sensor's."""

import os
import pty
import re
import select
import subprocess
import sys
import time

import pytest

from ml.errors import UserError
from ml.link.device import Device
from ml.link.messages import Command
from ml.paths import ROOT
from ml.profile.boards import VIRTUAL
from tests.hil.checks.waiting import PATIENCE_S, sensor_runs

pytestmark = pytest.mark.hil_app("gesture_recognition")


def test_an_injection_costs_the_sensor_nothing(device, brief):
    device.command(Command.RESET_STATS)
    device.inject(brief.stream.samples, brief.stream.rate_mhz)
    device.end_injection()
    sensor_runs(device)
    assert device.statistics().overruns == 0


def test_a_second_program_is_told_that_the_board_is_in_use(board, device):
    with pytest.raises(UserError, match="found it in use"):
        Device.open(board.port, app=board.app)


def test_the_monitor_shows_frames_as_lines(board):
    with board.open() as device:
        reset = device.info.reset  # another test may have restarted the board
    wanted = (
        rf"{board.app} on {board.kind}, build {board.build}, reset {reset}\r\n",
        rf"model {board.app} [0-9a-f]{{16}}: \d+ layers, arena [\d,]+ B\r\n",
        r"\d+\.\d{3} s  \d+ windows, \d+ events",
    )
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "platformio", "device", "monitor", "-e", board.environment]
    command += [] if board.kind in VIRTUAL else ["--port", board.port]
    given = os.environ | {"PLATFORMIO_WORKSPACE_DIR": str(board.place.workspace)}
    monitor = subprocess.Popen(command, cwd=ROOT, env=given, stdin=slave, stdout=slave, stderr=slave)
    shown, end = "", time.monotonic() + PATIENCE_S
    try:
        while not all(re.search(one, shown) for one in wanted) and time.monotonic() < end:
            if select.select([master], [], [], 0.5)[0]:
                shown += os.read(master, 4096).decode("utf-8", "replace")
    finally:
        monitor.terminate()
        monitor.wait()
        os.close(slave)
        os.close(master)
    assert reset
    assert [one for one in wanted if not re.search(one, shown)] == [], shown
    assert "\0" not in shown
