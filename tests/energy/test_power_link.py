"""tools/power.py --link: a meter and a board that tells when it was busy, each by a clock of its own."""

import json
import subprocess
import sys

import numpy as np
import pytest
from simulated import ASLEEP_A, AWAKE_A, DECIDE_S, Board, Ppk2

from ml.paths import ROOT

VOLTAGE, SECONDS = 3.0, 2.0
OFFSET, DRIFT = -500.3, 3e-4  # of the meter's time in the board's


def schedule(seed: int, length_s: float = 0.008) -> np.ndarray:
    """When the board is busy, by its own clock: a while before the meter begins, to a while after it ends."""
    starts = 500 + np.cumsum(np.random.default_rng(seed).exponential(0.04, 60) + 0.02)
    return np.stack([starts, starts + length_s], 1)


def measured(board: Board, meter: Ppk2, *arguments: str) -> dict:
    with board.serve(), meter.serve():
        command = [sys.executable, "tools/power.py", "--meter", f"ppk2@{meter.path}", "--link", board.path, "--json"]
        command += ["--voltage", str(VOLTAGE), "--seconds", str(SECONDS), *arguments]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def ppk2(busy: np.ndarray) -> Ppk2:
    meter = Ppk2()
    meter.schedule = OFFSET + (1 + DRIFT) * busy
    return meter


def test_windows_are_found_in_the_current_and_their_energy_is_that_of_the_network():
    busy = schedule(1)
    found = measured(Board(busy), ppk2(busy))
    placed = OFFSET + (1 + DRIFT) * busy
    inside = ((placed[:, 0] >= 0) & (placed[:, 1] <= SECONDS)).sum()
    assert found["alignment"]["strength"] > 0.95
    assert found["alignment"]["drift"] == pytest.approx(DRIFT, abs=3e-5)
    assert inside - 2 <= found["inference"]["windows"] <= inside
    length = 0.008 - DECIDE_S
    assert found["inference"]["seconds"] == pytest.approx(length, rel=0.01)
    assert found["inference"]["energy_j"] == pytest.approx(AWAKE_A * length * VOLTAGE, rel=0.01)
    assert 0 <= found["inference"]["half_interval_j"] < 0.01 * found["inference"]["energy_j"]
    assert found["sleep_a"] == pytest.approx(ASLEEP_A, rel=0.1)


def test_current_of_windows_whose_rows_were_lost_is_not_taken_for_sleep():
    busy = schedule(2)
    found = measured(Board(busy, lose=(12, 13, 20)), ppk2(busy))
    assert found["sleep_a"] == pytest.approx(ASLEEP_A, rel=0.1)
    assert any("3 rows" in note for note in found["notes"])


@pytest.mark.parametrize("kind", ["another board's current", "older firmware"])
def test_without_a_match_windows_are_counted_and_why_is_said(kind):
    busy = schedule(3)
    board = Board(busy, timing=kind != "older firmware")
    found = measured(board, ppk2(schedule(77)))
    assert found["alignment"] is None
    assert found["inference"]["windows"] == len(busy)  # windows in which the network slept are none
    made = found["average_a"] - found["sleep_a"]
    assert found["inference"]["charge_c"] == pytest.approx(made * SECONDS / len(busy))
    reason = "correlation of 0.5" if board.timing else "does not tell when"
    assert any("counted, not placed" in note and reason in note for note in found["notes"])
