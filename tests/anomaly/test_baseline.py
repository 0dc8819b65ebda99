"""What a device learns: an even sample of what it saw, its ways of running, a Gaussian and a threshold for each; and
nothing taken from damaged memory."""

import ctypes
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.errors import UserError
from ml.native import anomaly
from ml.native.anomaly import DISTANCE, KEPT, MAX_FEATURES, MAX_WINDOWS, Baseline, Learning

MODEL = "0123456789abcdef"
ONE = Learning(ridge=512, level_every=1, apart=255, overlap=1)  # one way of running
shapes = st.tuples(st.integers(2, 50), st.integers(1, 16))
samples = shapes.flatmap(lambda shape: arrays(np.int8, shape))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, MAX_FEATURES), st.integers(1, 700))
def test_what_is_kept_is_an_even_sample_from_the_first_window_on(features, count):
    windows = np.random.default_rng(count).integers(-100, 100, (count, features)).astype(np.int8)
    made = Baseline.of(windows, MODEL)
    assert made.windows == count
    assert np.array_equal(made.kept, windows[:: made.stride])
    room = min(KEPT // features, 120)
    assert len(made.kept) <= room
    assert made.stride == 1 or len(made.kept) >= room // 2 - 1


@settings(max_examples=60, deadline=None)
@given(samples, st.integers(256, 4096))
def test_the_learnt_distance_is_the_exact_one_within_the_stated_bound(windows, ridge):
    made = Baseline.of(windows, MODEL).modes(Learning(ridge=ridge, level_every=1, apart=255, overlap=1))
    (learnt,), features = made.gaussians, windows.shape[1]
    covariance = (
        np.cov(windows.astype(float), rowvar=False).reshape(features, features) + np.eye(features) * ridge / 256
    )
    inverse = np.linalg.inv(np.linalg.cholesky(covariance))
    found = np.zeros((features, features))
    found[np.tril_indices(features)] = learnt.inverse[0] / 2**14
    assert np.abs(found - inverse).max() <= 2**-13
    x = np.random.default_rng(0).integers(-128, 128, (30, features)).astype(np.int8)
    difference = x - windows.mean(0, dtype=float)
    y = difference @ inverse.T
    error = np.abs(inverse).sum(1) / 256 + np.abs(difference).sum(1, keepdims=True) / 2**13 + 1 / 512
    bound = (2 * np.abs(y) * error + error**2).sum(1)
    assert (np.abs(anomaly.distances(x, learnt) / DISTANCE - (y**2).sum(1)) <= bound).all()


def of_speeds(*levels: int, count: int = 30, seed: int = 0) -> np.ndarray:
    """Windows of nine features at some speeds, one speed after the other; every third feature is a level."""
    rng = np.random.default_rng(seed)
    centre = np.tile([1.0, 0, 0], 3)
    return np.concatenate([rng.normal(level * centre, 2, (count, 9)) for level in levels]).round().astype(np.int8)


def test_each_speed_is_a_way_of_running_of_its_own():
    windows = of_speeds(-60, 0, 50)
    learnt = Baseline.of(windows, MODEL).modes(Learning())
    assert len(learnt.windows) == 3
    centres = sorted(round(float(one.mean[0, 0]) / 128) for one in learnt.gaussians)
    assert centres == pytest.approx([-60, 0, 50], abs=2)
    between = of_speeds(25)
    assert learnt.above(between)[0].min() > 5  # one Gaussian for all speeds would take this for normal
    assert Baseline.of(windows, MODEL).modes(ONE).above(between)[0].max() < 0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 999), st.sampled_from([(-40,), (-40, 30)]))
def test_its_own_threshold_lies_above_what_the_same_machine_does_later_and_below_a_fault(seed, speeds):
    learnt = Baseline.of(of_speeds(*speeds, seed=seed), MODEL).modes(Learning(overlap=1))
    later = learnt.above(of_speeds(*speeds, count=100, seed=seed + 1000))[0]
    assert (later < 0).mean() > 0.97
    fault = of_speeds(*speeds, seed=seed) + np.array([0, 0, 24] * 3, np.int8)  # in the spectrum alone
    assert (learnt.above(fault)[0] > 0).all()


def test_the_less_it_saw_the_more_it_allows():
    windows = of_speeds(0, count=40)
    thresholds = [Baseline.of(windows, MODEL).modes(Learning(overlap=overlap)).thresholds[0] for overlap in (1, 8, 40)]
    assert thresholds == sorted(thresholds) and thresholds[0] + 40 < thresholds[2]


def test_a_glimpse_of_another_speed_is_left_out():
    windows = np.concatenate([of_speeds(0), of_speeds(60, count=5)])
    learnt = Baseline.of(windows, MODEL).modes(Learning())
    assert (len(learnt.windows), learnt.left_out) == (1, 5)


@pytest.mark.parametrize("speeds", [(0, 18), (-50, 0, 18), (18, 0, 36, -18)])
def test_a_speed_close_to_another_is_learnt_as_well(speeds):
    """Nearer than two centres are at first, and too far for one Gaussian."""
    count = 24
    learnt = Baseline.of(of_speeds(*speeds, count=count), MODEL).modes(Learning(overlap=1))
    assert len(learnt.windows) == len(speeds)
    assert learnt.left_out <= 3  # strays
    later = learnt.above(of_speeds(*speeds, count=100, seed=9))[0]
    assert (later < 0).mean() > 0.97


def test_scores_put_a_modes_threshold_where_the_decisions_is():
    windows = of_speeds(-50, 20)
    learnt = Baseline.of(windows, MODEL).modes(Learning())
    above = learnt.above(windows)[0]
    assert np.array_equal(learnt.scores(windows, 100)[:, 1].astype(int) + 128, np.clip(above + 100, 0, 255))


def test_values_at_the_ends_of_int8_are_counted():
    windows = np.array([[127, 0], [-128, 127], [126, -127]], np.int8)
    assert Baseline.of(windows, MODEL).saturated == 3


@pytest.mark.parametrize("value", [-128, 127])
def test_a_full_baseline_takes_no_more_and_nothing_has_overflowed(value):
    windows = np.full((MAX_WINDOWS + 10, 16), value, np.int8)
    made = Baseline.of(windows, MODEL)
    assert (made.windows, made.saturated) == (MAX_WINDOWS, MAX_WINDOWS * 16)
    assert (made.kept == value).all()
    assert made.modes(ONE).gaussians[0].mean.tolist() == [[value * 128] * 16]


def test_one_window_is_no_baseline():
    assert Baseline.of(np.zeros((1, 3), np.int8), MODEL).modes(ONE) is None


def test_a_ridge_below_one_squared_step_is_refused():
    assert Baseline.of(np.zeros((5, 3), np.int8), MODEL).modes(Learning(ridge=255)) is None


learnt = Baseline.of(np.random.default_rng(1).integers(-100, 100, (50, 9)).astype(np.int8), MODEL)


def test_a_baseline_is_of_its_model_and_its_features_only():
    assert learnt.valid(9, MODEL)
    assert not learnt.valid(8, MODEL)
    assert not learnt.valid(9, MODEL[::-1])


@given(st.integers(0, len(bytes(learnt)) * 8 - 1))
def test_one_wrong_bit_anywhere_is_noticed(bit):
    raw = bytearray(bytes(learnt))
    raw[bit // 8] ^= 1 << bit % 8
    assert not Baseline(bytes(raw)).valid(9, MODEL)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(min_size=len(bytes(learnt)) - 4, max_size=len(bytes(learnt)) - 4),
    *[st.integers(0, 70) | st.integers(0, 2**32 - 1)] * 3,
)
def test_numbers_that_learning_never_makes_neither_crash_nor_give_a_distance_that_overflows(
    noise, features, windows, stride
):
    raw = bytearray(noise)
    for place, value in ((8, features), (12, windows), (20, stride)):
        raw[place : place + 4] = value.to_bytes(4, "little")
    forged = Baseline(bytes(raw) + zlib.crc32(raw).to_bytes(4, "little"))
    made = forged.modes(Learning())
    if made is not None:
        assert 1 <= len(made.windows) <= anomaly.MODES
        assert all(np.abs(one.mean).max() <= 128 * 128 for one in made.gaussians)


@pytest.mark.parametrize("features", [MAX_FEATURES + 1, 2**31, 2**32 - 1])
def test_nothing_is_learnt_into_a_baseline_of_more_features_than_it_has_room_for(features):
    forged = Baseline(bytes(learnt)).raw
    forged.features = features
    before, window = bytes(forged), np.ones(MAX_FEATURES, np.int8)
    assert not anomaly._library().anomaly_baseline_learn(ctypes.byref(forged), window.ctypes)
    assert bytes(forged) == before


def test_bytes_of_another_length_are_refused():
    with pytest.raises(UserError, match="expected a baseline of"):
        Baseline(b"\0" * 10)
