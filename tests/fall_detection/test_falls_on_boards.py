"""What fall detection promises on a board: it sleeps and wakes as Python does, and finds the same falls."""

import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from ml.data.synthesis.falls import Plan, generate
from ml.evaluate.committed import committed
from ml.evaluate.on_board import inject, play
from ml.evaluate.streams import detect
from ml.fall_detection.app import FallDetection
from ml.link.device import Device
from ml.link.sensor_bus import Player
from ml.paths import ROOT
from tests.app.boards import started, workspace  # noqa: F401  (a fixture)

pytestmark = pytest.mark.xdist_group("fall_detection on virtual boards")
APP = "fall_detection"
OURS = re.compile(
    r" (_ZL\d+)?(fall_detection|nn_|all_batches|multiply_|impact_|imu_|keep|average|interpolate|accumulate|rounded_mean"
    r"|gravity|square_root|gate_|decide_|history|frontend|activity|decision)"
)


@pytest.fixture(scope="module")
def shipped():
    """What is compiled into the firmware."""
    return committed(FallDetection().quick(), ROOT / f"lib/{APP}_model")


@pytest.fixture(scope="module")
def virtual(workspace):  # noqa: F811
    yield from started(APP, "virtual")


@pytest.fixture
def device(virtual):
    with Device.open(virtual, app=APP) as opened:
        yield opened


@pytest.fixture(params=[20, 50])
def scored(request, shipped, tmp_path_factory):
    """Someone's simulated falls and daily activities at a sensor's rate, as Python has them."""
    plan = Plan(people=2, falls=6, activities=1, rate_hz=request.param)
    data = shipped.app.data(generate(plan, 1, tmp_path_factory.mktemp("falls") / "set"), 0)
    return shipped.app.score(shipped.app.streams(data, 0)[0], shipped.model)


def test_the_board_finds_the_falls_that_python_finds_at_any_rate(device, shipped, scored):
    expected = detect(scored, ["adl", "fall"], shipped.config)
    assert len(expected) >= 3
    played = inject(scored, device)
    assert played.detections == expected
    assert played.statistics.windows == len(scored.sample)
    assert played.statistics.asleep == np.count_nonzero(~scored.awake)


@pytest.mark.parametrize("scored", [20], indirect=True)
def test_through_the_sensor_nothing_is_late(device, shipped, scored):
    with Player.open(device.port.name, APP) as player:
        played = play(scored, device, player)
    assert played.detections == detect(scored, ["adl", "fall"], shipped.config)
    assert played.statistics.missed == 0


def test_network_and_front_end_fit(shipped, virtual):
    """12 kB of flash and 8 kB of RAM for network, kernels, front end, gate and decision."""
    workspace_dir = os.environ.get("PLATFORMIO_WORKSPACE_DIR")
    image = (Path(workspace_dir) if workspace_dir else ROOT / ".pio") / "build" / f"{APP}-virtual" / "firmware.elf"
    listed = subprocess.run(
        ["arm-none-eabi-nm", "-S", "--radix=d", image], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split() for line in listed.splitlines() if OURS.search(line)]
    flash, ram = (sum(int(row[1]) for row in rows if len(row) == 4 and (row[2] in "bBdD") == kind) for kind in (0, 1))
    assert 3000 < flash <= 12_000
    assert 500 < ram <= 8_000
