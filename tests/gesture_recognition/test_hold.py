"""How a device is held is read off recordings with gravity, and given to recordings without."""

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml.data.augmentation import rotation
from ml.data.manifest import Dataset, Item
from ml.data.recordings import ACCEL_PER_G, GYRO_PER_DPS, Recording
from ml.gesture_recognition import hold
from ml.gesture_recognition.app import GestureRecognition
from ml.native.decide import DecideConfig

APP = GestureRecognition()
FLAT = (0.0, 0.0, 1.0)


def resting(up, subject: str, count: int = 100, gravity: bool = True) -> Item:
    samples = np.zeros((count, 6), np.int16)
    samples[:, :3] = np.rint(np.array(up) * ACCEL_PER_G)
    return Item(f"{subject}.csv", "wave", subject, "", "", "", Recording(samples, 33_300, gravity))


def test_the_hold_is_the_mean_way_up_and_everybody_counts_once():
    one, other = np.array([0.0, np.sin(0.2), np.cos(0.2)]), np.array([0.0, -np.sin(0.2), np.cos(0.2)])
    items = (resting(one, "ann"), resting(one, "ann"), resting(one, "ann"), resting(other, "bob"))
    assert hold.found(Dataset(items, "")) == pytest.approx(FLAT, abs=0.01)


def test_whoever_holds_it_otherwise_is_told(capsys):
    items = (resting(FLAT, "ann"), resting(FLAT, "bob"), resting((0.0, 1.0, 0.0), "carl"))
    hold.found(Dataset(items, ""))
    assert "carl holds the device 63 degrees otherwise" in capsys.readouterr().err


def test_without_gravity_the_hold_stays_the_stated_one():
    data = Dataset((resting((0, 0, 0), "ann", gravity=False),), "")
    assert hold.found(data) is None
    assert APP.of_data(data) == APP


def test_held_out_windows_without_an_answer_are_counted():
    items = (resting(FLAT, "ann"), resting((0.0, 0.0, -1.0), "bob"), resting((0.0, 1.0, 0.0), "carl"))
    shown, scores = APP.held_out(Dataset(items, ""), ["wave", "none"]), np.zeros((3, 2))
    assert list(APP.figures(shown, scores).values()) == ["2 of 3"]
    upright = APP.held_out(Dataset(items[:1], ""), ["wave", "none"])
    assert APP.figures(upright, scores[:1]) == {}


def test_gravity_turns_as_the_gyroscope_says():
    quarter = 33  # samples, 1 s
    samples = np.zeros((3 * quarter, 6), np.int16)
    samples[quarter : 2 * quarter, 3] = round(90 * GYRO_PER_DPS * 33.3 / quarter)  # by 90 degrees about x
    made = hold.felt(Recording(samples, 33_300, gravity=False), FLAT)
    assert made.gravity
    assert (made.samples[:quarter, :3] == [0, 0, ACCEL_PER_G]).all()
    turned = rotation(np.radians([-90.0, 0.0, 0.0])) @ FLAT
    way_up = made.samples[2 * quarter, :3] / ACCEL_PER_G
    assert np.degrees(np.arccos(way_up @ turned)) < 30  # on its way home already
    assert (np.diff(made.samples[2 * quarter :, 2].astype(int)) >= 0).all()


def test_recordings_with_gravity_stay_as_they_are():
    recording = resting((0, 1, 0), "ann").recording
    assert hold.felt(recording, FLAT) is recording


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda way_up: np.linalg.norm(way_up) > 0.1))
def test_a_header_brings_its_hold_back(tmp_path, way_up):
    held = dataclasses.replace(APP.config.front_end, hold=way_up)
    made = dataclasses.replace(APP, config=dataclasses.replace(APP.config, front_end=held))
    header = tmp_path / "model.h"
    header.write_text("\n".join(made.sections(DecideConfig((128, 128), 1, 1, 1))))
    assert APP.of_header(header).config.front_end.imu().hold == held.imu().hold


def test_a_stream_held_otherwise_keeps_the_network_asleep():
    class Never:
        def answers(self, inputs):
            assert not len(inputs)
            return np.zeros((0, 3))

    rng = np.random.default_rng(0)
    item = resting((0, 0, -1), "ann", count=400)
    item.recording.samples[:] += rng.normal(0, 1000, (400, 6)).astype(np.int16)
    item = dataclasses.replace(item, recording=dataclasses.replace(item.recording, active=np.zeros(400, bool)))
    scored = APP.score(APP.streams(Dataset((item,), ""), 0)[0], Never())
    assert not scored.awake.any()
