"""apps/power_logger on virtual boards: real firmware reads models of the chips, the real tool measures with it."""

import subprocess
import sys

import numpy as np
import pytest
from logger_bench import ASLEEP_A, AWAKE, AWAKE_A, PERIOD, ROWS_HZ, VOLTS, Logger, periodic
from simulated import DECIDE_S, Board

from ml.paths import ROOT
from tools.capture.faulty import Faults, FaultyLine

AVERAGE_A = ASLEEP_A + (AWAKE_A - ASLEEP_A) * AWAKE / PERIOD
ENERGY_J = (AWAKE_A - ASLEEP_A) * AWAKE * VOLTS  # above sleep


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("logger")


@pytest.fixture(scope="module")
def logger(started):
    return Logger(started("power_logger-virtual"))


def test_an_ina228_gives_energy_per_inference_average_sleep_and_voltage(logger):
    with logger.playing(periodic(60)):
        found = logger.figures("--seconds", "3", "--mark", "0")
    assert found["seconds"] == pytest.approx(3, rel=0.01)
    assert found["average_a"] == pytest.approx(AVERAGE_A, rel=0.02)
    assert found["sleep_a"] == pytest.approx(ASLEEP_A, rel=0.1)
    assert found["voltage_v"] == pytest.approx(VOLTS, abs=0.001)
    assert found["inference"]["windows"] >= 25  # of 30, but for those that the board was late for
    assert found["inference"]["charge_c"] * VOLTS == pytest.approx(ENERGY_J, rel=0.02)
    assert found["lost"] < 0.01 * found["samples"]  # what the board is too late for while it says who it is
    assert any("the chip itself added up" in note for note in found["notes"])


def test_what_the_link_loses_is_stated_and_the_time_and_the_energy_stay_right(logger, folder):
    (folder / "sensors").symlink_to(logger.console.with_name("sensors"))
    with logger.playing(periodic(60)), FaultyLine(str(logger.console), folder / "port", Faults(drop=3e-4), 1):
        found = logger.figures("--seconds", "3", "--mark", "0", port=folder / "port")
    assert 0.02 < found["lost"] / found["samples"] < 0.5
    assert found["seconds"] == pytest.approx(3, rel=0.01)
    assert found["inference"]["incomplete"] > 0
    assert found["inference"]["charge_c"] * VOLTS == pytest.approx(ENERGY_J, rel=0.03)
    assert any("samples a second" in note and "12" in note for note in found["notes"])  # 1219, not fewer


def test_windows_that_the_link_of_the_board_under_test_tells_are_found_in_the_loggers_samples(logger):
    starts = np.cumsum(np.random.default_rng(1).exponential(0.05, 700) + 0.03)
    busy = np.stack([starts, starts + AWAKE], 1)
    awake = np.searchsorted(busy.ravel(), np.arange(600_000) / ROWS_HZ, "right") % 2 == 1
    with Board(500 + busy).serve() as board, logger.playing(awake):
        found = logger.figures("--seconds", "4", "--link", board.path)
    assert found["alignment"]["strength"] > 0.9, found["notes"]
    assert found["inference"]["windows"] > 20
    assert found["inference"]["seconds"] == pytest.approx(AWAKE - DECIDE_S, rel=0.01)
    assert found["inference"]["energy_j"] == pytest.approx(AWAKE_A * (AWAKE - DECIDE_S) * VOLTS, rel=0.03)
    assert found["sleep_a"] == pytest.approx(ASLEEP_A, rel=0.3)


def test_more_than_the_range_is_said(logger):
    with logger.playing(periodic(60), awake_a=0.6):
        found = logger.figures("--seconds", "1", "--mark", "0")
    assert found["largest_a"] == pytest.approx(0.4096, rel=0.001)
    assert any("end of the chip's range" in note for note in found["notes"])


def test_an_ina219_is_found_and_measures_as_finely_as_it_can(started):
    logger = Logger(started("power_logger-host", "-D LOGGER_ADDRESS=0x44"))
    with logger.playing(periodic(60)):
        found = logger.figures("--seconds", "2", "--mark", "0")
        assert "INA219" in logger.power("--seconds", "0.1").stdout
    assert found["sleep_a"] == pytest.approx(ASLEEP_A, abs=100e-6 / 2)
    assert found["inference"]["energy_j"] == pytest.approx(AWAKE_A * AWAKE * VOLTS, rel=0.05)


def test_a_logger_without_a_chip_says_so_in_one_line():
    with Board(np.empty((0, 2)), timing=False, app="power_logger").serve() as board:
        command = [sys.executable, "tools/power.py", "--meter", f"ina@{board.path}", "--seconds", "1"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "expected an INA219, INA226 or INA228" in done.stderr
