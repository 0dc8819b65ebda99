"""No emulator outlives the tests, however they end."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from ml.paths import ROOT
from tests.firmware import Firmware
from tests.platform.bench import has_ended

DIES = """
import os, signal
from pathlib import Path
from tests.firmware import Image, Running, emulator_control

def test_it_dies_with_a_board_that_runs(tmp_path):
    board = Running(Image("gesture_recognition-host", Path("{program}")), tmp_path / "virtual" / "board")
    board.restart()
    Path("{told}").write_text(str(emulator_control.state(board.folder).pid))
    os.kill(os.getpid(), signal.SIGKILL)

def test_another_session():
    pass
"""


@pytest.fixture
def session(firmware: Firmware, tmp_path: Path):
    """Runs a test session with this repository's plugin: words for pytest."""
    program = firmware.image("gesture_recognition-host").program
    (tmp_path / "test_dies.py").write_text(DIES.format(program=program, told=tmp_path / "pid"))
    outer = ("PYTEST_", "PLATFORMIO_")  # what the run around this one has set
    given = {name: value for name, value in os.environ.items() if not name.startswith(outer)}

    def run(*words: object) -> None:
        command = [sys.executable, "-m", "pytest", "-p", "tests.session", f"--rootdir={tmp_path}", *map(str, words)]
        subprocess.run(
            [*command, tmp_path / "test_dies.py"], cwd=tmp_path, env=given | {"PYTHONPATH": str(ROOT)}, check=False
        )

    return run


def board_of(tmp_path: Path) -> psutil.Process:
    return psutil.Process(int((tmp_path / "pid").read_text()))


def test_the_boards_of_a_killed_worker_end_with_its_session(session, tmp_path):
    session("-n", 1, f"--basetemp={tmp_path / 'pytest-1'}", "-k", "dies")
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text())) or has_ended(board_of(tmp_path))


def test_the_boards_of_a_killed_session_end_with_the_next(session, tmp_path):
    session("-p", "no:xdist", f"--basetemp={tmp_path / 'pytest-1'}", "-k", "dies")
    board = board_of(tmp_path)
    assert not has_ended(board)
    session("-p", "no:xdist", f"--basetemp={tmp_path / 'pytest-2'}", "-k", "another")
    assert has_ended(board)
