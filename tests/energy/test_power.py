"""tools/power.py against simulated meters on pseudo-terminals: known current in, the same figures out."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from simulated import ASLEEP_A, AWAKE, AWAKE_A, PERIOD, Lpm01a, Ppk2

from ml.paths import ROOT
from tests import command as here

VOLTAGE = 3.0
AVERAGE_A = ASLEEP_A + (AWAKE_A - ASLEEP_A) * AWAKE / PERIOD


def power(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "tools/power.py", "--voltage", str(VOLTAGE), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def figures(*arguments: str) -> dict:
    result = power(*arguments, "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_a_ppk2_gives_energy_per_inference_average_and_sleep_current():
    with Ppk2().serve() as meter:
        found = figures("--meter", f"ppk2@{meter.path}", "--seconds", "1", "--mark", "0")
    assert bytes([0x11, 2]) in meter.commands  # it supplies the board
    assert bytes([0x0D]) + (3000 - 800 + 32 + 768).to_bytes(2, "big") in meter.commands
    assert found["average_a"] == pytest.approx(AVERAGE_A, rel=0.01)
    assert found["sleep_a"] == pytest.approx(ASLEEP_A, rel=0.02)
    assert found["lost"] == 0
    assert found["inference"]["seconds"] == pytest.approx(AWAKE, rel=0.001)
    assert found["inference"]["energy_j"] == pytest.approx(AWAKE_A * AWAKE * VOLTAGE, rel=0.01)


def test_what_a_ppk2_loses_is_counted_and_its_windows_left_out():
    with Ppk2(lose=(1000, 1001, 55_500)).serve() as meter:  # one window is 55,000 to 57,000
        found = figures("--meter", f"ppk2@{meter.path}", "--seconds", "1", "--mark", "0")
    assert found["lost"] == 3
    assert found["inference"]["incomplete"] == 1
    assert found["inference"]["energy_j"] == pytest.approx(AWAKE_A * AWAKE * VOLTAGE, rel=0.01)


def test_the_supply_is_switched_off_at_the_end_and_after_an_error():
    with Ppk2().serve() as meter:
        figures("--meter", f"ppk2@{meter.path}", "--seconds", "0.05")
        assert power("--meter", f"ppk2@{meter.path}", "--seconds", "0.05", "--plot", "/").returncode == 1
    assert [command for command in meter.commands if command[0] == 0x0C][-1] == bytes([0x0C, 0])


def test_an_lpm01a_measures_and_its_time_stamps_tell_what_is_missing():
    with Lpm01a(lose=(3000, 3001, 3002)).serve() as meter:
        found = figures("--meter", f"lpm01a@{meter.path}", "--seconds", "0.9", "--cell", "100mAh@3V")
    assert "volt 3000m" in meter.commands
    assert found["lost"] == 3
    assert found["average_a"] == pytest.approx(AVERAGE_A, rel=0.02)
    assert found["life"]["days"] == pytest.approx(0.1 / found["average_a"] / 24)
    assert meter.commands[-2:] == ["pwr off", "hrc"]


def test_a_refused_setting_is_said_in_one_line():
    with Lpm01a(refuse="volt").serve() as meter:
        result = power("--meter", f"lpm01a@{meter.path}", "--seconds", "0.1")
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "volt 3000m" in result.stderr


def test_samples_and_picture_are_written(tmp_path: Path):
    with Ppk2().serve() as meter:
        outputs = ["--csv", str(tmp_path / "a.csv"), "--plot", str(tmp_path / "a.png")]
        result = power("--meter", f"ppk2@{meter.path}", "--seconds", "0.2", "--mark", "0", "--cell", "CR2032", *outputs)
    assert result.returncode == 0, result.stderr
    assert "energy per inference" in result.stdout
    assert "CR2032" in result.stdout
    rows = list(csv.DictReader((tmp_path / "a.csv").open()))
    assert len(rows) >= 20_000
    assert float(rows[100]["current_a"]) == pytest.approx(ASLEEP_A, rel=0.02)
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--meter", "multimeter"),
        ("--meter", "ppk2@/dev/null"),
        ("--meter", "lpm01a@/nowhere", "--voltage", "3.0"),
        ("--meter", "ppk2@/dev/null", "--voltage", "12"),
        ("--meter", "ppk2", "--cell", "potato"),
        ("--meter", "ppk2", "--mark", "0", "--link", "virtual"),
        ("--meter", "ppk2", "--cell", "CR2032", "--every", "1", "--duty", "2"),
        ("--meter", "ina"),
    ],
)
def test_mistakes_are_told_in_one_line(arguments):
    result = here.script("tools/power.py", "--voltage", VOLTAGE, *arguments, status=1)
    assert result.stderr.count("\n") == 1, result.stderr
    assert "expected" in result.stderr
