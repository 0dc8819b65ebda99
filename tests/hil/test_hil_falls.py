"""Fall detection takes any sensor's rate, and fits."""

import re
import subprocess

import pytest

from ml.data.synthesis.falls import Plan, generate
from ml.evaluate.streams import detect
from ml.trial.on_board import inject

pytestmark = pytest.mark.hil_app("fall_detection")
OURS = re.compile(
    r" (_ZL\d+)?(fall_detection|nn_|all_batches|multiply_|impact_|imu_|keep|average|interpolate|accumulate|rounded_mean"
    r"|gravity|square_root|gate_|decide_|history|frontend|activity|decision)"
)


RATE_HZ = 50  # the firmware takes 20


def test_it_finds_the_falls_that_python_finds_at_another_sensors_rate(device, truth, tmp_path):
    shipped = truth.shipped
    data = shipped.app.data(generate(Plan(people=2, falls=6, activities=1, rate_hz=RATE_HZ), 1, tmp_path / "set"), 0)
    scored = shipped.app.score(shipped.app.streams(data, 0)[0], shipped.model)
    expected = detect(scored, list(truth.labels), shipped.config)
    assert len(expected) >= 3
    assert truth.stream.rate_mhz != RATE_HZ * 1000
    played = inject(scored, device)
    assert played.detections == expected
    assert played.statistics.windows == len(scored.sample)


def test_network_and_front_end_fit(board):
    """12 kB of flash and 8 kB of RAM for network, kernels, front end, gate and decision."""
    if board.kind != "virtual":
        pytest.skip("measured in the image of the virtual board")
    image = board.place.workspace / "build" / board.environment / "firmware.elf"
    listed = subprocess.run(
        ["arm-none-eabi-nm", "-S", "--radix=d", image], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split() for line in listed.splitlines() if OURS.search(line)]
    flash, ram = (sum(int(row[1]) for row in rows if len(row) == 4 and (row[2] in "bBdD") == kind) for kind in (0, 1))
    assert 3000 < flash <= 12_000
    assert 500 < ram <= 8_000
