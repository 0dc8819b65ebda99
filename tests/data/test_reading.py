"""Sound and vibration files: samples, rates, and what is refused of files that nobody vouches for."""

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.data.audio import read_audio, resample_audio, write_audio
from ml.data.reading import read_recording
from ml.errors import UserError

RATE = 16000
NOISE = np.random.default_rng(0).integers(-9000, 9000, 4000).astype(np.int16)


def clip(folder, name="one.flac", samples=NOISE, rate=RATE):
    path = folder / name
    write_audio(path, samples, rate)
    return path


@pytest.mark.parametrize("name", ["one.wav", "one.flac"])
def test_sound_is_read_as_it_was_written(tmp_path, name):
    made = read_recording(clip(tmp_path, name), RATE, "mic", RATE)
    assert (made.samples[:, 0] == NOISE).all()
    assert (made.sensor, made.rate_mhz, made.samples.dtype) == ("mic", RATE * 1000, np.int16)


def test_floats_become_counts_and_no_number_is_refused(tmp_path):
    path = tmp_path / "float.wav"
    soundfile.write(path, np.array([0.0, 0.5, -1.0, 1.0]), RATE, subtype="FLOAT")
    assert read_audio(path)[0].tolist() == [0, 16384, -32768, 32767]
    soundfile.write(path, np.array([0.0, np.nan]), RATE, subtype="FLOAT")
    with pytest.raises(UserError, match="found nan as sample 1"):
        read_audio(path)


def test_two_channels_are_refused(tmp_path):
    soundfile.write(tmp_path / "two.wav", np.zeros((10, 2), np.int16), RATE)
    with pytest.raises(UserError, match="one channel"):
        read_audio(tmp_path / "two.wav")


def test_the_rate_in_the_file_is_held_against_the_manifests(tmp_path):
    with pytest.raises(UserError, match="expected 8000 Hz, found 16000 Hz"):
        read_recording(clip(tmp_path), 8000, "mic")


def test_a_higher_rate_is_resampled_and_a_lower_one_refused(tmp_path):
    fast = clip(tmp_path, "fast.wav", NOISE, 44100)
    assert len(read_recording(fast, 44100, "mic", RATE).samples) == -(-4000 * 160 // 441)
    with pytest.raises(UserError, match="16000 Hz or more"):
        read_recording(clip(tmp_path, "slow.wav", NOISE, 8000), 8000, "mic", RATE)


def test_resampling_keeps_what_lies_below_the_new_limit_and_takes_away_what_lies_above():
    times = np.arange(48000) / 48000
    low, high = (np.rint(8000 * np.sin(2 * np.pi * hz * times)).astype(np.int16) for hz in (1000, 11000))
    kept = resample_audio(low, 48000, RATE)[200:-200].astype(float)
    expected = 8000 * np.sin(2 * np.pi * 1000 * np.arange(200, RATE - 200) / RATE)
    assert np.abs(kept - expected).max() < 80
    assert np.abs(resample_audio(high, 48000, RATE)[200:-200].astype(int)).max() < 80


@pytest.mark.parametrize("name", ["one.wav", "one.flac"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_is_cut_off_or_changed_in_a_file_is_samples_or_one_line(tmp_path_factory, name, data):
    path = clip(tmp_path_factory.mktemp("sound"), name)
    whole = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(0, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        samples, _ = read_audio(path)
    except UserError as error:
        assert "\n" not in str(error)
    else:
        assert samples.dtype == np.int16


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_flac_that_was_cut_short_is_refused(tmp_path, share):
    path = clip(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(UserError, match="expected"):
        read_audio(path)


def test_an_array_of_one_axis_becomes_counts_of_three(tmp_path):
    np.savez(tmp_path / "one.npz", x=np.array([1000, -1000, 0], np.int16), scale=0.001, rate=20000)
    made = read_recording(tmp_path / "one.npz", 20000, "accel")
    assert made.samples.tolist() == [[2048, 0, 0], [-2048, 0, 0], [0, 0, 0]]
    assert made.rate_mhz == 20_000_000


ARRAYS = {
    "no scale": {"x": np.zeros(3, np.int16), "rate": 20000},
    "floats": {"x": np.zeros(3), "scale": 1.0, "rate": 20000},
    "no samples": {"x": np.zeros(0, np.int16), "scale": 1.0, "rate": 20000},
    "a scale that is no number": {"x": np.zeros(3, np.int16), "scale": np.nan, "rate": 20000},
    "another rate": {"x": np.zeros(3, np.int16), "scale": 1.0, "rate": 1000},
    "no rate": {"x": np.zeros(3, np.int16), "scale": 1.0, "rate": np.nan},
    "an object": {"x": np.array([{}], dtype=object), "scale": 1.0, "rate": 20000},
}


@pytest.mark.parametrize("arrays", ARRAYS.values(), ids=ARRAYS.keys())
def test_arrays_that_are_none_of_a_vibration_are_one_line(tmp_path, arrays):
    np.savez(tmp_path / "one.npz", **arrays)
    with pytest.raises(UserError, match="expected"):
        read_recording(tmp_path / "one.npz", 20000, "accel")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", bytes(range(256))])
def test_a_file_that_is_no_archive_is_one_line(tmp_path, content):
    (tmp_path / "one.npz").write_bytes(content)
    with pytest.raises(UserError, match="expected"):
        read_recording(tmp_path / "one.npz", 20000, "accel")


def test_the_accelerometer_of_a_motion_sensor_may_be_taken_alone_but_no_gyroscope_made_up(tmp_path):
    both, alone = tmp_path / "both.csv", tmp_path / "alone.csv"
    both.write_text("ax,ay,az,gx,gy,gz\n1,2,3,4,5,6\n")
    alone.write_text("ax,ay,az\n1,2,3\n")
    assert (read_recording(both, 50, "accel").samples == read_recording(alone, 50, "accel").samples).all()
    with pytest.raises(UserError, match="gyroscope"):
        read_recording(alone, 50, "imu")
    with pytest.raises(UserError, match="microphone"):
        read_recording(alone, 50, "mic")
