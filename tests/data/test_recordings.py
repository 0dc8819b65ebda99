"""Recordings from CSV: units, saturation, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.data.recordings import read, runs, to_counts
from ml.errors import UserError

HEADER = "ax_mps2,ay_mps2,az_mps2,gx_dps,gy_dps,gz_dps"


def write(folder, text, name="one.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_one_g_is_2048_counts_and_one_degree_per_second_16(tmp_path):
    made = read(write(tmp_path, f"{HEADER}\n9.80665,-9.80665,0,1,-1,0.03125\n"), 33.3)
    assert made.samples.tolist() == [[2048, -2048, 0, 16, -16, 0]]  # half a count is rounded to even
    assert made.samples.dtype == np.int16
    assert made.rate_mhz == 33300
    assert made.gravity


@pytest.mark.parametrize(
    "names", ["lax,lay,laz,gx,gy,gz", " LAX_mps2 , lay, laz ,gx_dps,gy,gz", "gz,gy,gx,laz,lay,lax"]
)
def test_columns_may_lack_units_be_spaced_and_stand_in_any_order(tmp_path, names):
    made = read(write(tmp_path, f"{names}\n1,1,1,1,1,1\n"), 100)
    assert not made.gravity
    assert made.samples.tolist() == [[209, 209, 209, 16, 16, 16]]


def test_values_beyond_int16_are_saturated(tmp_path):
    made = read(write(tmp_path, f"{HEADER}\n1e300,-1e300,157,1e9,-1e9,2048\n"), 100)
    assert made.samples.tolist() == [[32767, -32768, 32767, 32767, -32768, 32767]]


@given(arrays(float, (5, 6), elements=st.floats(-1e6, 1e6)))
def test_counts_are_within_half_of_the_exact_value_or_saturated(values):
    exact = values * ([2048 / 9.80665] * 3 + [16] * 3)
    made = to_counts(values[:, :3], values[:, 3:]).astype(float)
    assert (np.abs(made - np.clip(exact, -32768, 32767)) <= 0.5).all()


def test_activity_and_rate_come_from_their_columns(tmp_path):
    text = f"timestamp_us,{HEADER},active\n" + "".join(f"{i * 10000},0,0,0,0,0,0,{i % 2}\n" for i in range(4))
    made = read(write(tmp_path, text))
    assert made.rate_mhz == 100_000
    assert made.active.tolist() == [False, True, False, True]


BAD = {
    "empty": "",
    "only a header": HEADER + "\n",
    "not a number": f"{HEADER}\n1,2,x,4,5,6\n",
    "NaN": f"{HEADER}\n1,2,nan,4,5,6\n",
    "a hole": f"{HEADER}\n1,2,,4,5,6\n",
    "infinity": f"{HEADER}\n1,2,inf,4,5,6\n",
    "cut off": f"{HEADER}\n1,2,3,4,5,6\n1,2,3",
    "half a gyroscope": "ax,ay,az,gx,gy\n1,2,3,4,5\n",
    "no accelerometer": "gx,gy,gz\n1,2,3\n",
    "other columns": "a,b\n1,2\n",
    "ragged": f"{HEADER}\n1,2,3,4,5,6,7,8,9\n1\n",
    "a column twice": f"{HEADER},ax\n1,2,3,4,5,6,7\n",
    "binary": bytes(range(256)) * 4,
    "UTF-16": f"{HEADER}\n1,2,3,4,5,6\n".encode("utf-16"),
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD.keys())
def test_a_bad_recording_is_one_line_that_names_the_file(tmp_path, text):
    with pytest.raises(UserError) as caught:
        read(write(tmp_path, text), 33.3)
    message = str(caught.value)
    assert "one.csv" in message
    assert "expected" in message
    assert "\n" not in message


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(UserError, match=r"none\.csv"):
        read(tmp_path / "none.csv", 33.3)


@given(st.binary(max_size=300))
def test_no_bytes_make_anything_but_a_recording_or_one_line(tmp_path_factory, text):
    path = write(tmp_path_factory.getbasetemp(), HEADER.encode() + b"\n" + text, "fuzz.csv")
    try:
        assert read(path, 33.3).samples.shape[1] == 6
    except UserError as error:
        assert "\n" not in str(error)


@given(arrays(bool, st.integers(0, 60)))
def test_runs_are_the_stretches_of_true(active):
    again = np.zeros_like(active)
    for start, end in runs(active):
        assert start < end
        again[start:end] = True
    assert (again == active).all()


def test_a_recording_without_a_gyroscope_is_an_accelerometers(tmp_path):
    made = read(write(tmp_path, "ax,ay,az\n9.80665,0,0\n"), 50)
    assert (made.sensor, made.samples.tolist()) == ("accel", [[2048, 0, 0]])


def test_a_rate_that_the_time_stamps_contradict_is_refused(tmp_path):
    rows = "".join(f"{n * 10000},1,2,3,4,5,{n}\n" for n in range(20))
    path = write(tmp_path, "timestamp_us,ax,ay,az,gx,gy,gz\n" + rows)
    assert read(path, 104).rate_mhz == 104_000
    assert read(path).rate_mhz == 100_000
    with pytest.raises(UserError, match="expected 50 Hz, found 100 Hz"):
        read(path, 50)


def test_time_stamps_may_be_missing(tmp_path):
    path = write(tmp_path, "timestamp_us,ax,ay,az\n,1,2,3\n,1,2,4\n")
    assert read(path, 50).rate_mhz == 50_000
    with pytest.raises(UserError, match="expected a rate"):
        read(path)
