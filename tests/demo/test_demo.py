"""The whole path as a new user runs it: from recordings to detections on a flashed virtual board."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ml.paths import ROOT

pytestmark = pytest.mark.long

EXPECTED_ROWS = (
    "float accuracy",
    "int8 accuracy",
    "parity with TFLM",
    "flash",
    "RAM",
    "arena",
    "instructions per inference",
)
DETECTION = re.compile(r"^ +[\d.]+ s +(\w+) +score +\d+/255 +latency +[\d.]+ ms +(right|false)$", re.MULTILINE)


def run_in(checkout: Path, *command: str) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in os.environ.items() if name != "PLATFORMIO_WORKSPACE_DIR"}
    return subprocess.run(
        [sys.executable, *command],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """A copy of the repository, for the demo writes the model's header; what was trained before is found again."""
    if not shutil.which("qemu-system-arm"):
        pytest.skip("no qemu-system-arm on the PATH")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    copy = tmp_path_factory.mktemp("demo") / "thimble"
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    (ROOT / ".cache").mkdir(exist_ok=True)
    (copy / ".cache").symlink_to(ROOT / ".cache")
    yield copy
    run_in(copy, "tools/emulator.py", "stop", "--all")


@pytest.fixture(scope="module")
def shown(checkout, quick) -> str:
    """What it says with the training that tests/pipeline looks at: here it is found again."""
    result = run_in(checkout, "tools/demo.py", "--quick")
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def test_the_board_detects_gestures_of_someone_it_has_never_seen(shown):
    verdicts = [verdict for _, verdict in DETECTION.findall(shown)]
    assert len(verdicts) > 20
    assert verdicts.count("right") > 0.9 * len(verdicts)


def test_board_and_python_agree_on_every_event_and_every_byte(shown):
    assert "Python, given the same recording, detects the same" in shown
    assert re.search(r"0 of \d+ windows differ", shown)


def test_it_trains_nothing_that_was_trained_before(shown):
    assert "train: as before" in shown


def test_it_ends_with_the_table_and_a_report_that_exists(shown, checkout):
    table = shown[shown.index("What came out") :]
    assert all(row in table for row in EXPECTED_ROWS)
    report = Path(re.search(r"report: (\S+)", table).group(1))
    assert report.is_relative_to(checkout)
    assert "<svg" in report.read_text() or "data:image/png" in report.read_text()


def test_it_names_the_page_that_shows_its_own_run(shown, checkout):
    command = re.search(r"ml studio --data (\S+) --connect (\S+) --judge gesture_recognition", shown)
    assert command and command[2] == "gesture_recognition-virtual"
    assert (checkout / command[1] / "manifest.csv").read_text().count("\n") > 10


def test_the_board_goes_on_running_and_can_be_stopped(shown, checkout):
    assert "running" in run_in(checkout, "tools/emulator.py", "status").stdout
    assert run_in(checkout, "tools/emulator.py", "stop", "--all").returncode == 0
    assert not list((checkout / ".pio" / "virtual").glob("*/console"))


def test_data_that_is_not_there_ends_in_one_line(checkout):
    result = run_in(checkout, "tools/demo.py", "--data", "nowhere")
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "nowhere" in result.stderr
