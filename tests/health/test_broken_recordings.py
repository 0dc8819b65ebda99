"""Recordings of people and machines are believed, and the same made wrong on purpose are not, within two seconds."""

import re
from pathlib import Path

import numpy as np
import pytest

from ml.data.manifest import Wanted, load
from ml.native.health import limits, watch
from ml.paths import ROOT
from ml.pipeline.contract import APPS, find
from ml.trial.disturbances import without_gravity

PARTS = {  # folder of real recordings -> sensor, and so many of them
    "gesture/uhh/recordings": ("imu", "imu_either", 6),
    "gesture/arduino33ble": ("imu", "imu", 40),
    "falls/pocket200": ("accel", "accelerometer", 40),
    "falls/waist20": ("imu", "imu", 40),
    "vibration/fan_uci50": ("accel", "vibration", 12),
    "speech": ("mic", "microphone", 60),
}
LATEST_S = 2.0


@pytest.mark.parametrize("app", APPS)
def test_the_firmware_names_the_limits_that_python_knows(app):
    named = re.findall(r"&health_(\w+)", (ROOT / f"apps/{app}/src/main.cpp").read_text())
    assert named == [find(app).health]


def recordings(shared: Path, part: str):
    """(samples, rate, limits) of some recordings, and of all of them one after the other."""
    sensor, name, count = PARTS[part]
    wanted = Wanted(sensor, rows=lambda rows: rows[:: max(1, len(rows) // count)][:count])
    items = load(shared / "data" / part, wanted).items
    channels = limits(name).channels
    samples = [np.ascontiguousarray(item.recording.samples[:, :channels]) for item in items]
    return samples, items[0].recording.rate_mhz, limits(name)


@pytest.mark.parametrize("part", PARTS)
def test_real_recordings_are_believed_one_by_one_and_in_a_row(shared, part):
    samples, rate_mhz, config = recordings(shared, part)
    for rows in [*samples, np.concatenate(samples)]:
        faults = watch(rows, config, rate_mhz).faults
        assert [fault for fault in faults if not fault.harmless] == []


def frozen(rows: np.ndarray) -> np.ndarray:
    return np.repeat(rows[:1], len(rows), axis=0)


def without_an_axis(rows: np.ndarray) -> np.ndarray:
    return np.where(np.arange(rows.shape[1]) == 1, 0, rows)


def square(rows: np.ndarray) -> np.ndarray:
    return np.where(np.arange(len(rows)) // 40 % 2, 20_000, -20_000)[:, None]


def repeated(rows: np.ndarray) -> np.ndarray:
    return np.resize(rows[:512], rows.shape)


def share_without_gravity(shared: Path, part: str) -> float:
    """How long `gravity` is told of recordings from which it was taken."""
    samples, rate_mhz, config = recordings(shared, part)
    rows = without_gravity(np.concatenate(samples), rate_mhz)
    told = [fault for fault in watch(rows, config, rate_mhz).faults if "gravity" in fault.reasons]
    return sum(fault.end - fault.start for fault in told) / len(rows)


@pytest.mark.parametrize("part", ["falls/pocket200", "falls/waist20"])
def test_falls_without_gravity_are_not_believed(shared, part):
    """A detector of falls would find one in six, in silence; only in a fall's own motion may it look like gravity."""
    assert share_without_gravity(shared, part) > 0.85


MOTION, SOUND = (
    {"stuck": frozen, "dead": without_an_axis},
    {"stuck": frozen, "saturated": square, "repeating": repeated},
)


@pytest.mark.parametrize("part", PARTS)
def test_real_recordings_that_are_broken_are_told_within_two_seconds(shared, part):
    samples, rate_mhz, config = recordings(shared, part)
    rows, onset = np.concatenate(samples), round(3 * rate_mhz / 1000)
    for reason, change in (SOUND if config.channels == 1 else MOTION).items():
        broken = np.concatenate([rows[:onset], change(rows[onset : 2 * onset])]).astype(np.int16)
        first = next(fault for fault in watch(broken, config, rate_mhz).faults if reason in fault.reasons)
        assert onset < first.start <= onset + LATEST_S * rate_mhz / 1000
