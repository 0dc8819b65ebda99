"""Variations keep what makes a movement what it is."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.data.augmentation import (
    MIRROR,
    MotionVariation,
    along,
    cut,
    feel_gravity,
    replay,
    resample,
    rotate,
    tempo,
    vary,
)
from ml.data.recordings import to_counts
from ml.data.synthesis.gestures import GESTURES, Gesture, perform
from ml.data.synthesis.people import person
from ml.data.synthesis.sensor import Sensor, measure, rotations
from ml.data.synthesis.strokes import Stroke, motion

NOTHING = MotionVariation((0, 0, 0), 0, 0, (1, 1), 0, 0, 0, 0, 0, False)


def noise(count=40, seed=0):
    return np.random.default_rng(seed).normal(0, 1000, (count, 6))


@given(st.tuples(*[st.floats(-3, 3)] * 3))
def test_turning_the_device_keeps_lengths_and_turns_back(vector):
    window = noise()
    turned = rotate(window, np.array(vector))
    for axes in (slice(0, 3), slice(3, 6)):
        assert np.allclose(np.linalg.norm(turned[:, axes], axis=1), np.linalg.norm(window[:, axes], axis=1))
    assert np.allclose(rotate(turned, -np.array(vector)), window)


def test_a_quarter_turn_about_z_takes_x_to_y():
    window = np.array([[1.0, 0, 0, 2, 0, 0]])
    assert np.allclose(rotate(window, np.array([0, 0, np.pi / 2])), [[0, 1, 0, 0, 2, 0]])


@pytest.mark.parametrize("name", ["left", "turn_left", "forward", "shake_lr"])
def test_the_mirrored_signal_is_that_of_the_mirrored_motion(name):
    still = Sensor(accel_noise=0, gyro_noise=0)
    rng = np.random.default_rng(3)
    gesture = GESTURES[name]
    reflected = Gesture(
        tuple(np.array(gesture.move) * (-1, 1, 1)), tuple(np.array(gesture.turn) * (1, -1, -1)), gesture.seconds
    )
    times = np.arange(0, 1.5, 0.01)
    signals = []
    for one in (Gesture(gesture.move, gesture.turn, gesture.seconds), reflected):
        steady = person("sim_a", np.random.default_rng(0))
        steady = type(steady)(**{**vars(steady), "wander": 0.0, "variation": 0.0})
        signals.append(np.hstack(measure(motion(perform(one, steady, 0.1, rng), times), still, rng)))
    assert np.allclose(signals[0] * MIRROR, signals[1])


@pytest.mark.parametrize("name", GESTURES)
def test_gravity_put_back_is_the_gravity_that_was_there(name):
    rng = np.random.default_rng(5)
    steady = person("sim_a", rng)
    times = np.arange(0, 1.5, 1 / 400)
    hand = motion([Stroke(-2, 1, (0, 0, 0), steady.hold), *perform(GESTURES[name], steady, 0.1, rng)], times)
    accel, gyro = measure(hand, Sensor(accel_noise=0, gyro_noise=0, accel_range=1e9), rng)
    linear = np.einsum("nij,ni->nj", rotations(hand.angles), hand.acceleration)
    up = rotations(hand.angles)[:1, 1]
    made = feel_gravity(to_counts(linear, gyro)[None].astype(float), up, 400.0)[0]
    assert np.abs(made - to_counts(accel, gyro)).max() < 0.03 * 2048


def test_no_variation_changes_nothing():
    window = noise()
    assert np.allclose(vary(window, NOTHING, np.random.default_rng(0)), window)


def test_strength_leaves_gravity_alone():
    window = noise() * 0.01 + [0, 2048, 0, 0, 0, 0]
    louder = vary(window, MotionVariation((0, 0, 0), 0, 0, (2, 2), 0, 0, 0, 0, 0, False), np.random.default_rng(0))
    assert np.allclose(louder[:, :3].mean(0), window[:, :3].mean(0))
    assert np.allclose(louder[:, :3].std(0), 2 * window[:, :3].std(0))
    assert np.allclose(louder[:, 3:], 2 * window[:, 3:])


@given(st.integers(-20, 60), st.integers(0, 15))
def test_cutting_at_whole_samples_copies_them_and_holds_the_ends(centre, half):
    samples = noise(40)
    around = np.clip(np.arange(centre - half, centre + half + 1), 0, 39)
    assert np.allclose(cut(samples, centre, 1.0, 2 * half + 1), samples[around])


@given(st.floats(0.4, 2.5), st.integers(15, 60))
def test_a_steady_tempo_reads_what_cutting_reads(pace, window):
    samples = noise(200)
    samples[:, :3] += [0, 0, 2048]
    steady = np.full(window + 20, pace)
    whole = cut(samples, 100 - 10 * pace, pace, window + 20)  # the last `window` lie around 100
    made = replay(samples, 100 + along(steady, window), steady)
    assert np.allclose(made[:, :3].mean(0), whole[:, :3].mean(0))  # gravity stays
    assert np.allclose(made[:, :3] - made[:, :3].mean(0), pace**2 * (whole[:, :3] - whole[:, :3].mean(0)))
    assert np.allclose(made[:, 3:], pace * whole[:, 3:])


@given(st.floats(0.5, 2))
def test_a_path_at_another_tempo_is_what_its_motion_at_that_tempo_measures(pace):
    def measured(rate):  # of a hand on 0.1 sin(5 u) m and 30 sin(4 u) degrees, where u is `rate` times the seconds
        u = rate * np.arange(-60, 61) / 100
        return np.stack([-2.5 * rate**2 * np.sin(5 * u)] * 3 + [120 * rate * np.cos(4 * u)] * 3, axis=1)

    recorded, steady = measured(1.0), np.full(61, pace)
    made = replay(recorded, 60 + along(steady, 61), steady)
    inside = np.abs(along(steady, 61)) <= 60
    assert np.abs(made - measured(pace)[30:91])[inside].max() < 0.4


@given(st.integers(0, 2**32 - 1))
def test_a_tempo_bends_in_the_window_alone_and_its_middle_stays_in_the_middle(seed):
    by = dataclasses.replace(NOTHING, speed=0.25, bend=0.3)
    pace = tempo(100, 40, by, np.random.default_rng(seed))
    at = along(pace, 40)
    assert (pace > 0).all()
    assert np.allclose(pace[:61], pace[0])
    assert at[79] < 0 < at[80]
    assert np.allclose(np.diff(at), pace[1:])
    assert (tempo(100, 40, NOTHING, np.random.default_rng(seed)) == 1).all()


@given(st.integers(1, 6))
def test_resampling_by_a_whole_number_averages(ratio):
    samples = noise(60)
    made = resample(samples, ratio)
    assert np.allclose(made, samples[: len(made) * ratio].reshape(-1, ratio, 6).mean(1))


@given(st.floats(0.2, 5))
def test_resampling_keeps_what_is_constant_and_the_duration(ratio):
    made = resample(np.full((80, 6), 7.0), ratio)
    assert np.allclose(made, 7)
    assert abs(len(made) * ratio - 80) <= max(1, ratio)
