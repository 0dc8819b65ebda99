"""A broken sensor is told within two seconds, and nothing else is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.errors import UserError
from ml.native.health import SENSORS, limits, names, rate_states, reasons, watch
from tests.health.broken import AT_REST, BROKEN, LENGTH_S, ONSET_S, RATES, Broken, moved, sensor

LATEST_S = 2.0


def told(rows: np.ndarray, name: str, reason: str) -> np.ndarray:
    """Seconds, in rows, in which the reason is told."""
    state = watch(rows, limits(name), RATES[name]).state
    return np.flatnonzero(state >> names().index(reason) & 1) / (RATES[name] / 1000)


def with_fault(broken: Broken, rows: np.ndarray, lasts_s: float = LENGTH_S) -> np.ndarray:
    start, end = (round(at * RATES[broken.sensor] / 1000) for at in (ONSET_S, ONSET_S + lasts_s))
    return np.concatenate([rows[:start], broken.change(rows[start:end]), rows[end:]])


@pytest.mark.parametrize("name", BROKEN)
def test_a_fault_is_told_within_two_seconds_while_the_sensor_is_in_use(name):
    broken = BROKEN[name]
    when = told(with_fault(broken, moved(broken.sensor)), broken.sensor, broken.reason)
    assert ONSET_S < when[0] <= ONSET_S + LATEST_S
    assert np.isclose(when[-1], LENGTH_S, atol=0.07)  # as long as it lasts
    assert len(when) / (RATES[broken.sensor] / 1000) == pytest.approx(LENGTH_S - when[0], abs=0.07)


@pytest.mark.parametrize("name", AT_REST)
def test_a_fault_is_told_within_two_seconds_at_rest(name):
    broken = AT_REST[name]
    when = told(with_fault(broken, sensor(broken.sensor)), broken.sensor, broken.reason)
    assert ONSET_S < when[0] <= ONSET_S + LATEST_S


@pytest.mark.parametrize("name", [*BROKEN, *AT_REST])
def test_it_names_the_channels_and_ends_within_two_seconds_of_the_fault(name):
    broken = (BROKEN | AT_REST)[name]
    rows = with_fault(broken, sensor(broken.sensor) if name in AT_REST else moved(broken.sensor), lasts_s=2.0)
    faults = watch(rows, limits(broken.sensor), RATES[broken.sensor]).faults
    assert any(broken.reason in fault.reasons and fault.channels == broken.channels for fault in faults)
    assert faults[-1].end <= (ONSET_S + 2 + LATEST_S) * RATES[broken.sensor] / 1000


@pytest.mark.parametrize("name", SENSORS)
def test_a_sensor_that_works_is_called_well(name):
    for rows in (sensor(name), moved(name)):
        watched = watch(rows, limits(name), RATES[name])
        assert watched.faults == ()
        assert not watched.doubtful.any()


@given(st.sampled_from(SENSORS), st.integers(0, 2**32), st.floats(0.8, 200), st.sampled_from([1, 4, 8, 16]))
@settings(max_examples=40)
def test_noise_of_any_strength_at_rest_is_no_fault_whatever_the_resolution(name, seed, noise, step):
    rows = sensor(name, seed, 3, max(noise, 0.8 * step)) // step * step  # 16: twelve bits, left-aligned
    assert watch(rows.astype(np.int16), limits(name), RATES[name]).faults == ()


@given(st.sampled_from(SENSORS), st.integers(1, 700), st.sampled_from([0, 100, 1000, 9000]))
@settings(max_examples=15)
def test_it_does_not_matter_in_which_pieces_rows_are_pushed(name, at_once, most_hz):
    broken = next(one for one in BROKEN.values() if one.sensor == name)
    rows, config = with_fault(broken, moved(name), 2.0), limits(name)
    config.most_hz = most_hz
    single, pieces = (watch(rows, config, RATES[name], size) for size in (1, at_once))
    ends = np.arange(at_once - 1, len(rows), at_once)  # of the pieces
    assert np.array_equal(pieces.state[ends], single.state[ends])


def test_an_offset_that_the_front_end_takes_away_is_told_but_the_application_answers():
    rows = moved("microphone") + np.int16(8000)
    watched = watch(rows, limits("microphone"), RATES["microphone"])
    assert [fault.reasons for fault in watched.faults] == [("offset",)]
    assert watched.faults[0].harmless
    assert watched.believable.all()


def test_an_offset_that_leaves_the_headroom_is_not_even_told():
    assert watch(moved("microphone") + np.int16(300), limits("microphone"), RATES["microphone"]).faults == ()


def test_it_is_doubted_before_it_is_told():
    broken = BROKEN["imu frozen"]
    watched = watch(with_fault(broken, moved("imu")), limits("imu"), RATES["imu"])
    doubted, told = np.argmax(watched.doubtful), np.argmin(watched.believable)
    assert ONSET_S * 100 < doubted < told
    assert doubted <= (ONSET_S + 1) * 100


def test_an_axis_that_the_sensor_does_not_have_is_not_dead():
    rows = moved("vibration")
    rows[:, 1:] = 0
    dead = watch(rows, limits("vibration"), RATES["vibration"]).faults
    assert [(fault.reasons, fault.channels) for fault in dead] == [(("dead",), (1, 2))]
    assert watch(rows, limits("vibration", unused=(1, 2)), RATES["vibration"]).faults == ()
    rows[:] = 7
    stuck = watch(rows, limits("vibration", unused=(1, 2)), RATES["vibration"]).faults
    assert [fault.reasons for fault in stuck] == [("stuck",)]


def reads(rate: float, seconds: float = 8, every_us: int = 10_000) -> tuple[np.ndarray, np.ndarray]:
    """Times and rows of a sensor at `rate` times what it states, read every so often."""
    times = np.arange(0, seconds * 1e6, every_us)
    return times, np.diff(np.floor(times * rate * RATES["imu"] / 1e9), prepend=0)


@pytest.mark.parametrize("rate", [0.0, 0.5, 0.92, 1.08, 2.0])
def test_a_wrong_rate_is_told_within_two_seconds_by_the_boards_clock(rate):
    good, bad = reads(1, 4), reads(rate, 6)
    times = np.concatenate([good[0], good[0][-1] + 10_000 + bad[0]])
    state = rate_states(times, np.concatenate([good[1], bad[1]]), limits("imu"), RATES["imu"])
    assert not state[: len(good[0])].any()
    first = np.argmax(state != 0)
    assert reasons(int(state[first])) == ("rate",)
    assert times[first] <= 4e6 + LATEST_S * 1e6
    assert state[first:].all()


@given(st.integers(0, 2**32), st.sampled_from([0.97, 1.0, 1.03]), st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_a_rate_within_its_tolerance_is_well_however_unevenly_rows_are_read(seed, rate, start_us):
    random = np.random.default_rng(seed)
    times = np.cumsum(random.integers(100, 40_000, 400))
    rows = np.diff(np.floor(times * rate * RATES["imu"] / 1e9), prepend=0)
    times = (times + start_us) % 2**32  # the clock wraps
    assert not rate_states(times, rows, limits("imu"), RATES["imu"]).any()


def test_what_is_no_recording_of_the_sensor_is_refused():
    with pytest.raises(UserError, match="expected int16 samples"):
        watch(np.zeros((9, 3), np.int16), limits("imu"), 100_000)
    with pytest.raises(UserError, match="expected one of microphone"):
        limits("thermometer")


def test_an_empty_recording_is_well():
    assert watch(np.zeros((0, 6), np.int16), limits("imu"), 100_000).faults == ()


def test_an_axis_that_rests_now_and_then_and_each_time_elsewhere_is_alive():
    rate_mhz = RATES["imu"]
    rows = np.random.default_rng(4).normal(0, 3, (10 * rate_mhz // 1000, 6))
    rows[:, 2] += 2048
    length = rate_mhz // 4000  # rows of a window
    rows[:, 1] = np.repeat(np.arange(len(rows) // length + 1), length)[: len(rows)] % 7
    assert watch(np.rint(rows).astype(np.int16), limits("imu"), rate_mhz).faults == ()
