"""What was played into the board's sensors is what lies in the files: every sample, in its place, in every stream."""

import numpy as np
import pytest
from desk import AXES, RATES, Desk, at_rest, noise, place

from ml.data.manifest import load


@pytest.mark.parametrize(("board", "seconds"), [("virtual", 20), ("host", 10)])
def test_audio_and_motion_together_arrive_bit_for_bit(request, tmp_path, board, seconds):
    desk: Desk = request.getfixturevalue(board)
    played = {name: noise(name, seconds) for name in ("mic", "imu")}
    tool = desk.collect(tmp_path, "--seconds", seconds + 3, "--yes", "--streams", "mic,imu")
    tool.wait_until_recording(len(played))
    assert desk.play(played) == 0
    done = tool.done()
    assert done.status == 0, done.err
    for name, samples in played.items():
        (row,) = done.rows(sensor=name)
        recorded = done.samples(row)
        assert len(recorded) == int(row["samples"]) == (seconds + 3) * RATES[name]
        at = place(recorded, samples)
        rest = np.concatenate([recorded[:at], recorded[at + len(samples) :]])
        assert at_rest(rest, name).all()
        assert (row["status"], row["lost_before"], row["lost_after"], row["note"]) == ("whole", "0", "0", "")
        assert float(row["measured_rate_hz"]) == pytest.approx(RATES[name], rel=1e-6)
    assert not (tmp_path / "incidents.csv").exists()


def test_every_sensor_of_the_board_is_recorded_at_its_own_rate(host, tmp_path):
    done = host.collect(tmp_path, "--seconds", 0.5, "--repeat", 2, "--yes").done()
    assert done.status == 0, done.err
    rows = done.rows()
    assert {(row["sensor"], row["sample_rate_hz"], row["samples"]) for row in rows} == {
        (name, str(rate), str(rate // 2)) for name, rate in RATES.items()
    }
    assert {row["take"] for row in rows} == {"1", "2"}
    for row in rows:
        assert done.samples(row).shape == (int(row["samples"]), AXES[row["sensor"]])
        assert (row["board"], row["app"], row["label"], row["subject"]) == ("host", "sensor_capture", "wave", "ann")


def test_times_in_a_motion_file_are_the_boards(host, tmp_path):
    done = host.collect(tmp_path, "--seconds", 0.5, "--yes", "--streams", "imu").done()
    (row,) = done.rows()
    times = done.times(row)
    assert times[0] == int(row["start_us"])
    assert set(np.diff(times)) == {2500}


def test_what_was_captured_is_a_data_set(host, tmp_path):
    tool = host.collect(tmp_path, "--seconds", 2, "--yes", "--streams", "imu", "--licence", "CC0-1.0")
    tool.wait_until_recording()
    samples = noise("imu", 1)
    host.play({"imu": samples})
    assert tool.done().status == 0
    (item,) = load(tmp_path).items
    assert (item.label, item.subject, item.licence) == ("wave", "ann", "CC0-1.0")
    assert place(item.recording.samples, samples)


def test_all_four_kinds_of_sensor_arrive_bit_for_bit(virtual, tmp_path):
    played = {name: noise(name, 3) for name in RATES}
    tool = virtual.collect(tmp_path, "--seconds", 6, "--yes")
    tool.wait_until_recording(len(played))
    assert virtual.play(played) == 0
    done = tool.done()
    assert done.status == 0, done.err
    for name, samples in played.items():
        (row,) = done.rows(sensor=name)
        place(done.samples(row), samples)
