"""What is flagged, and what is left in peace."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.data import quality
from ml.data.manifest import Dataset, Item, LeftOut
from ml.data.quality.report import page, refuse, review, write
from ml.data.quality.signals import clipped
from ml.data.recordings import Recording
from ml.errors import UserError

RATE = 16000


def sound(samples) -> Recording:
    return Recording(np.asarray(samples, np.int16)[:, None], RATE * 1000, False, sensor="mic")


def motion(count=300, gravity=True, scale=1.0) -> Recording:
    times = np.arange(count)[:, None] / 50
    waves = np.sin(times * np.array([3, 5, 7, 2, 9, 4])) * [800, 700, 600, 3000, 2000, 900]
    waves[:, 2] += 2048 if gravity else 0
    return Recording(np.rint(waves * scale).astype(np.int16), 50_000, gravity)


def tone(peak, seconds=1.0):
    wave = peak * np.sin(2 * np.pi * 300 * np.arange(int(RATE * seconds)) / RATE)
    return np.clip(np.rint(wave), -32768, 32767)


def kinds(recording, label="yes"):
    return {one.kind for one in quality.findings(recording, label)}


def test_good_recordings_are_left_in_peace():
    assert not kinds(sound(tone(8000)))
    assert not kinds(sound(tone(32767)))
    assert not kinds(motion())
    assert not kinds(motion(gravity=False))


def test_an_empty_line_is_told_from_a_quiet_room_by_the_label():
    for samples in (np.zeros(RATE), np.full(RATE, 7), tone(5)):
        assert quality.problem(sound(samples), "yes")
        assert quality.problem(sound(samples), "_silence_") is None


def test_clipped_sound_is_doubtful_first_and_of_no_use_when_most_of_it_is_gone():
    assert kinds(sound(tone(33500))) == {"clipped"}
    assert quality.problem(sound(tone(33500)), "yes") is None
    assert "its end" in quality.problem(sound(tone(90000)), "yes")


def test_an_accelerometer_may_reach_its_end_but_not_stay_there():
    short, long = motion(), motion()
    short.samples[:30, 0] = 4096
    long.samples[:290, 0] = 4096
    assert kinds(short) == {"clipped"}
    assert quality.problem(short) is None
    assert quality.problem(long)


def test_a_sensor_that_gives_nothing_or_hangs_is_told():
    dead = dataclasses.replace(motion(), samples=np.full((300, 6), 7, np.int16))
    assert "connected" in quality.problem(dead)
    stuck = motion()
    stuck.samples[:, 4] = 99
    assert kinds(stuck) == {"stuck"}
    stuck.samples[:, 4] = 0  # a column that the sensor does not have
    assert not kinds(stuck)
    assert quality.problem(dataclasses.replace(motion(), samples=np.zeros((0, 6), np.int16)))


def test_g_written_as_metres_per_second_squared_is_told():
    assert kinds(motion(scale=1 / 9.80665)) == {"units"}


@given(arrays(np.int16, st.tuples(st.integers(0, 60), st.just(6))), st.sampled_from(["mic", "imu"]))
def test_any_samples_can_be_judged(samples, sensor):
    made = Recording(samples[:, :1] if sensor == "mic" else samples, 1000, True, sensor=sensor)
    assert all("\n" not in one.text for one in quality.findings(made, "x"))


@pytest.mark.parametrize(("samples", "share"), [([0] * 9, 0), ([5000, 5000, 5000, 0, -9], 0.6), ([1, 2], 0)])
def test_only_runs_at_the_end_of_the_range_are_clipped(samples, share):
    assert sum(clipped(np.array(samples), 1000)) == pytest.approx(share)


def test_the_report_lists_what_is_left_out_and_what_is_doubtful(tmp_path):
    more = {"lost_before": "12", "status": "whole", "lost_after": "no number"}
    item = Item("a|b.wav", "yes", "ann", "", "", "", sound(tone(33500)), more=more)
    data = Dataset((item,), "hash", (LeftOut("<bad>.wav", "cut short"),))
    found = write(data, tmp_path)
    assert found == review(data)
    assert (found["recordings"], found["used"]) == (2, 1)
    assert [row["kind"] for row in found["doubtful"]] == ["clipped", "gap"]
    assert "a\\|b.wav" in (tmp_path / "data_quality.md").read_text()
    assert "&lt;bad&gt;.wav" in page(found)
    with pytest.raises(UserError, match="cut short"):
        refuse(data)
    refuse(Dataset((item,), "hash"))


LEFT_OUT = {"speech": 1, "gesture": 0, "falls": 0, "vibration": 0}  # bed_e96a5020_nohash_0 is empty: -83 dB throughout


@pytest.mark.parametrize("task", LEFT_OUT)
def test_of_real_recordings_nothing_good_is_thrown_out(shared, task):
    from ml.data.manifest import load  # noqa: PLC0415

    sensor = {"speech": "mic", "gesture": "imu"}.get(task, "accel")
    data = load(shared / "data" / task, sensor)
    wrong = [one.file for one in data.left_out]
    assert len(wrong) == LEFT_OUT[task], wrong
