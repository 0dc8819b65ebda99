"""tools/power.py --estimate: documented currents times counted time, and labelled as what it is."""

import json
import subprocess

import pytest

from ml.compare.measure import cost
from ml.link.device import Device
from ml.paths import ROOT
from ml.profile.supply import supply
from tests import command

APP = "gesture_recognition"
HEADER = ROOT / "lib" / f"{APP}_model" / f"{APP}_model.h"
CLOCK_HZ = 64e6  # of the nano33ble
SECONDS = 3


def power(*arguments: str) -> subprocess.CompletedProcess:
    return command.script("tools/power.py", *arguments)


def figures(*arguments: str) -> dict:
    result = power(*arguments, "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def board(started):
    started(f"{APP}-virtual")
    return "virtual"


def test_energy_is_voltage_times_current_times_counted_time():
    found, known = figures("--estimate", "nano33ble", "--model", APP), supply("nano33ble")
    seconds = cost(HEADER, ROOT / "lib").cycles / CLOCK_HZ
    assert found["estimate"] is True
    assert found["awake_s"] == pytest.approx(seconds)
    assert found["energy_j"] == pytest.approx(known.supply_v * known.active_a * seconds)
    assert found["source"] == known.source
    assert found["average_a"] is None  # nobody said how often


def test_battery_life_follows_from_how_often():
    options = ("--estimate", "nano33ble", "--model", APP, "--cell", "100mAh@3.0V", "--every", "0.1")
    found, known = figures(*options), supply("nano33ble")
    duty = found["awake_s"] / 0.1
    average = duty * known.active_a + (1 - duty) * known.sleep_a
    assert found["duty"] == pytest.approx(duty)
    assert found["average_a"] == pytest.approx(average)
    assert found["life_days"] == pytest.approx(0.1 / average / 24)


def test_low_power_takes_the_sleep_of_that_build_and_none_is_made_up_for_the_other():
    options = ("--estimate", "disco_l475vg_iot01a", "--model", APP, "--every", "1", "--cell", "CR2032")
    assert figures(*options, "--low-power")["sleep_a"] == pytest.approx(1.4e-6)
    without = figures(*options)
    assert without["sleep_a"] is without["average_a"] is without["life_days"] is None


def test_the_text_says_that_it_is_an_estimate_of_what_and_without_what():
    result = power("--estimate", "nano33ble", "--model", APP, "--cell", "CR2032", "--every", "10")
    assert result.returncode == 0, result.stderr
    text = " ".join(result.stdout.replace("│", " ").split())  # lines of the table as one
    for words in (
        "ESTIMATE",
        "nRF52840 Product Specification",
        "not included",
        "wait states of the flash",
        "front end",
    ):
        assert words in text


def test_a_file_and_an_application_are_counted_alike(shared):
    found = figures("--estimate", "nano33ble", "--model", str(shared / "models" / "str_ww_ref_model.tflite"))
    assert "str_ww_ref_model" in found["counted"]
    assert 1e5 < found["awake_s"] * CLOCK_HZ < 1e7


def test_a_board_at_a_link_tells_how_long_it_was_awake(board):
    options = ("--estimate", "nano33ble", "--link", board, "--seconds", str(SECONDS), "--cell", "CR2032")
    found, known = figures(*options), supply("nano33ble")
    with Device.open(board, app=APP) as device:
        told = device.statistics()  # since the start: about the same
    assert found["unit"] == "window"
    assert found["every_s"] == pytest.approx(told.since_us / told.windows / 1e6, rel=0.3)
    assert found["duty"] == pytest.approx(told.duty * 15.625e6 / CLOCK_HZ, rel=0.5)
    assert 0 < found["duty"] < 0.1
    assert known.sleep_a < found["average_a"] < known.active_a
    assert "an instruction a cycle" in found["counted"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "expected --meter or --estimate"),
        (("--estimate", "nano33ble"), "expected --model or --link"),
        (("--estimate", ""), "expected --model or --link"),
        (("--estimate", "", "--model", APP), "found ''"),
        (("--estimate", "nano33ble", "--model", ""), "found ''"),
        (("--estimate", "nano33ble", "--model", APP, "--cell", ""), "found ''"),
        (("--estimate", "nano34", "--model", APP), "found 'nano34'"),
        (("--estimate", "nanorp2040connect", "--model", APP), "no currents are documented"),
        (("--estimate", "esp32dev", "--model", APP), "expected --link"),
        (("--estimate", "nano33ble", "--model", "gestures"), "found 'gestures'"),
        (("--estimate", "nano33ble", "--model", "/nowhere.tflite"), "/nowhere.tflite"),
        (("--estimate", "nano33ble", "--model", APP, "--every", "0.0001"), "expected --every above"),
    ],
)
def test_mistakes_are_told_in_one_line(arguments, words):
    result = power(*arguments)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1, result.stderr
    assert words in result.stderr


def test_another_board_at_the_link_is_refused(board):
    result = power("--estimate", "esp32dev", "--link", board, "--seconds", "1")
    assert result.returncode == 1
    assert "expected esp32dev at the link, found virtual" in result.stderr
