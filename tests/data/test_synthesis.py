"""The simulated hand obeys physics, and the simulated data set its manifest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.data import manifest
from ml.data.recordings import GRAVITY
from ml.data.synthesis import Plan, generate
from ml.data.synthesis.gestures import GESTURES, perform
from ml.data.synthesis.people import person
from ml.data.synthesis.sensor import Sensor, measure, rotations
from ml.data.synthesis.strokes import Stroke, motion
from ml.errors import UserError

STILL = Sensor(accel_noise=0, gyro_noise=0)
TIMES = np.arange(0, 3, 1 / 2000)
TINY = Plan(people=2, repetitions=2, background_s=5)
strokes = st.lists(
    st.builds(
        Stroke,
        start=st.floats(0, 1),
        duration=st.floats(0.3, 1.5),
        move=st.tuples(*[st.floats(-0.3, 0.3)] * 3),
        turn=st.tuples(*[st.floats(-0.6, 0.6)] * 3),
    ),
    min_size=1,
    max_size=4,
)


def integral(values: np.ndarray) -> np.ndarray:
    return np.cumsum(values, axis=0) * (TIMES[1] - TIMES[0])


@given(strokes)
def test_acceleration_integrated_twice_is_the_displacement(made):
    hand = motion(made, TIMES)
    assert np.allclose(integral(integral(hand.acceleration)), hand.position, atol=1.5e-3 * len(made))
    assert np.allclose(hand.position[-1], np.sum([stroke.move for stroke in made], axis=0), atol=1e-9)


@given(strokes)
def test_angular_velocity_integrated_is_the_orientation(made):
    hand = motion(made, TIMES)
    _, gyro = measure(hand, STILL, np.random.default_rng(0))
    turned = np.eye(3)
    for rate in np.radians(gyro[:-1]) * (TIMES[1] - TIMES[0]):
        x, y, z = rate
        turned = turned @ np.array([[1, -z, y], [z, 1, -x], [-y, x, 1]])
    assert np.allclose(turned, rotations(hand.angles)[-1], atol=1e-2)


@given(st.tuples(*[st.floats(-1.5, 1.5)] * 3))
def test_at_rest_the_accelerometer_reads_one_g_however_it_is_held(hold):
    hand = motion([Stroke(-2, 1, (0, 0, 0), hold)], TIMES[:5])
    accel, gyro = measure(hand, STILL, np.random.default_rng(0))
    assert np.allclose(np.linalg.norm(accel, axis=1), GRAVITY)
    assert np.allclose(gyro, 0)


def test_held_upright_gravity_is_on_y_and_clipping_is_at_the_range():
    fast = motion([Stroke(0, 0.05, (1, 0, 0), (0, 0, 0))], TIMES)
    accel, _ = measure(fast, STILL, np.random.default_rng(0))
    assert accel[-1] == pytest.approx([0, GRAVITY, 0])
    assert accel[:, 0].max() == 4 * GRAVITY


@pytest.mark.parametrize("name", GESTURES)
def test_every_gesture_ends_where_it_began(name):
    rng = np.random.default_rng(1)
    made = perform(GESTURES[name], person("sim_a", rng), 0.0, rng)
    for what in ("move", "turn"):
        assert np.allclose(np.sum([getattr(stroke, what) for stroke in made], axis=0), 0)


@pytest.mark.parametrize(("one", "other"), [("left", "right"), ("turn_left", "turn_right")])
def test_left_and_right_are_mirror_images(one, other):
    mirrored = np.array(GESTURES[other].move) * (-1, 1, 1), np.array(GESTURES[other].turn) * (1, -1, -1)
    assert np.allclose((GESTURES[one].move, GESTURES[one].turn), mirrored)


def test_the_same_seed_writes_the_same_bytes_and_another_does_not(tmp_path):
    one, two, three = (
        manifest.load(generate(TINY, seed, tmp_path / name)) for name, seed in (("a", 7), ("b", 7), ("c", 8))
    )
    assert one.hash == two.hash != three.hash


def test_the_folder_is_a_data_set_with_takes_repetitions_and_background(tmp_path):
    made = manifest.load(generate(TINY, 0, tmp_path / "set"))
    assert made.subjects == ["sim_a", "sim_b"]
    assert set(made.labels) == {*GESTURES, "none"}
    assert len(made.takes()) == 2 * 11
    assert len(made.repetitions()) == 2 * 10 * 2
    assert not any(item.recording.active.any() for item in made.takes() if item.label == "none")


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(UserError, match="found files in it"):
        generate(TINY, 0, tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "keep"


@pytest.mark.parametrize("plan", [{"people": 1}, {"people": 27}, {"repetitions": 0}])
def test_a_plan_out_of_range_is_one_line(plan):
    with pytest.raises(UserError, match="expected"):
        Plan(**plan)
