"""The runner published with MLPerf Tiny drives the virtual board, its files as they are.

It runs where MLPERF_TINY names a checkout of mlcommons/tiny, by the Python at MLPERF_TINY_PYTHON (docs/mlperf.md).
"""

import json
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from ml.compiler.compile import compile_model
from ml.compiler.host import HostModel
from tests import command

CHECKOUT = os.environ.get("MLPERF_TINY")
PYTHON = os.environ.get("MLPERF_TINY_PYTHON", sys.executable)
CLASSES = 12
needs_runner = pytest.mark.skipif(
    not CHECKOUT, reason="the published runner: set MLPERF_TINY to a checkout of mlcommons/tiny"
)

# What stands where the runner would: it tells what it was given and what it can find.
LOOKS = """
import json, sys
from pathlib import Path
import serial
from serial.tools import list_ports
found = [one for one in list_ports.comports(True) if one.vid == 0x1209 and one.pid == 1]
with serial.Serial(found[0].device, 115200, timeout=5) as port:
    port.write(b"name%")
    said = port.read_until(b"m-ready\\r\\n").decode()
print(json.dumps({"said": said, "arguments": sys.argv[1:], "devices": Path("devices.yaml").read_text()}))
"""


@pytest.fixture
def inputs(tmp_path) -> tuple[Path, np.ndarray]:
    """A data set as the runner wants it: an input of each class."""
    sent = np.random.default_rng(5).integers(-128, 128, (CLASSES, 490)).astype(np.int8)
    (tmp_path / "kws01").mkdir()
    for number, one in enumerate(sent):
        (tmp_path / "kws01" / f"{number}.bin").write_bytes(one.tobytes())
    lines = "".join(f"{number}.bin,{CLASSES},{number}\n" for number in range(CLASSES))
    (tmp_path / "kws01" / "y_labels.csv").write_text(lines)
    return tmp_path, sent


@pytest.fixture
def runner(tool, virtual, inputs):
    """A process of its own, whose output holds the runner's."""

    def run(checkout: object, mode: str, *words: object, status: int = 0):
        options = ("--port", virtual, "--data", inputs[0], "--mode", mode, "--python", PYTHON)
        workspace = {"PLATFORMIO_WORKSPACE_DIR": tool.workspace}
        return command.run("tools/mlperf.py", "runner", checkout, *options, *words, status=status, **workspace)

    return run


def session(printed: str) -> Path:
    """The folder of what the runner has just written."""
    settings = re.search(r"its settings and sessions: (.+)", printed)[1]
    log = re.search(r"Session logged in file (\S+)", printed)[1]
    return (Path(settings) / log).parent


@needs_runner
def test_accuracy_by_the_published_runner(runner, inputs, shared, tmp_path):
    done = runner(CHECKOUT, "accuracy")
    entries = json.loads((session(done.stdout + done.stderr) / "results.json").read_text())
    made = compile_model((shared / "models" / "kws_ref_model.tflite").read_bytes(), "expected", tmp_path)
    answers = HostModel(made.header).run(inputs[1].reshape(CLASSES, *made.program.input.shape[1:]))
    expected = (answers.reshape(CLASSES, -1).astype(float) - made.program.output.zero) * made.program.output.scale
    found = np.array([entry["infer"]["results"] for entry in entries])
    assert np.abs(found - expected).max() < 0.001  # three decimals
    assert "Top 1%" in done.stdout + done.stderr


@needs_runner
@pytest.mark.timeout(180)
def test_performance_by_the_published_runner(runner):
    done = runner(CHECKOUT, "performance")
    entries = json.loads((session(done.stdout + done.stderr) / "results.json").read_text())
    windows = [entry["infer"] for entry in entries if "infer" in entry]
    assert len(windows) == 5
    assert np.ptp([window["throughput"] for window in windows]) < 1e-3  # virtual time counts instructions
    assert min(window["elapsed_time"] for window in windows) >= 10_000_000


def test_a_program_that_looks_for_usb_finds_the_virtual_board(runner, tmp_path, inputs):
    (tmp_path / "main.py").write_text(LOOKS)
    told = json.loads(runner(tmp_path, "accuracy", "--python", sys.executable).stdout.splitlines()[0])
    assert told["said"].endswith("m-name-dut-[thimble]\r\nm-ready\r\n")
    assert told["arguments"] == ["-d", "devices.yaml", "-t", "tests.yaml", "-s", str(inputs[0]), "-m", "a"]
    assert "  usb:\n    0x1209: 0x0001\n" in told["devices"]
    assert "    energy: 9600\n    performance: 115200\n" in told["devices"]


@pytest.mark.parametrize(
    ("mode", "limit", "said"),
    [("performance", 4, "at least 5 inputs"), ("accuracy", 10, "found none of 10, 11")],
)
def test_data_that_the_runner_would_stumble_upon_are_said_before(runner, tmp_path, mode, limit, said):
    (tmp_path / "main.py").write_text(LOOKS)
    assert said in runner(tmp_path, mode, "--limit", limit, status=1).stderr


def test_no_checkout_and_a_runner_that_fails_are_said(runner, tmp_path):
    assert "expected a checkout of mlcommons/tiny" in runner(tmp_path, "accuracy", status=1).stderr
    (tmp_path / "main.py").write_text("raise SystemExit(3)")
    assert "found status 3" in runner(tmp_path, "accuracy", status=1).stderr
