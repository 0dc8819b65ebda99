"""What a device learns: exact sums, mean and covariance as NumPy has them, and nothing taken from damaged memory."""

import ctypes
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.errors import UserError
from ml.native import anomaly
from ml.native.anomaly import DISTANCE, MAX_FEATURES, MAX_WINDOWS, Baseline

MODEL = "0123456789abcdef"
RIDGE = 512  # 2 squared steps
shapes = st.tuples(st.integers(2, 60), st.integers(1, 16))
samples = shapes.flatmap(lambda shape: arrays(np.int8, shape))


@settings(max_examples=60)
@given(samples)
def test_mean_and_covariance_are_those_of_numpy(windows):
    mean, covariance = Baseline.of(windows, MODEL).moments()
    assert np.allclose(mean, windows.mean(0, dtype=float), atol=1e-12)
    assert np.allclose(covariance, np.cov(windows.astype(float), rowvar=False).reshape(covariance.shape), atol=1e-8)


@settings(max_examples=60, deadline=None)
@given(samples, st.integers(256, 4096))
def test_the_learnt_distance_is_the_exact_one_within_the_stated_bound(windows, ridge):
    learnt = Baseline.of(windows, MODEL).gaussians(ridge)
    features = windows.shape[1]
    covariance = (
        np.cov(windows.astype(float), rowvar=False).reshape(features, features) + np.eye(features) * ridge / 256
    )
    inverse = np.linalg.inv(np.linalg.cholesky(covariance))
    made = np.zeros((features, features))
    made[np.tril_indices(features)] = learnt.inverse[0] / 2**14
    assert np.abs(made - inverse).max() <= 2**-13
    x = np.random.default_rng(0).integers(-128, 128, (30, features)).astype(np.int8)
    difference = x - windows.mean(0, dtype=float)
    y = difference @ inverse.T
    error = np.abs(inverse).sum(1) / 256 + np.abs(difference).sum(1, keepdims=True) / 2**13 + 1 / 512
    bound = (2 * np.abs(y) * error + error**2).sum(1)
    assert (np.abs(anomaly.distances(x, learnt) / DISTANCE - (y**2).sum(1)) <= bound).all()


def test_values_at_the_ends_of_int8_are_counted():
    windows = np.array([[127, 0], [-128, 127], [126, -127]], np.int8)
    assert Baseline.of(windows, MODEL).saturated == 3


@pytest.mark.parametrize("value", [-128, 127])
def test_a_full_baseline_takes_no_more_and_nothing_has_overflowed(value):
    windows = np.full((MAX_WINDOWS + 10, 16), value, np.int8)
    made = Baseline.of(windows, MODEL)
    mean, covariance = made.moments()
    assert made.windows == MAX_WINDOWS
    assert (mean == value).all() and (covariance == 0).all()
    assert made.gaussians(RIDGE).mean.tolist() == [[value * 128] * 16]


def test_one_window_is_no_baseline():
    assert Baseline.of(np.zeros((1, 3), np.int8), MODEL).gaussians(RIDGE) is None


def test_a_ridge_below_one_squared_step_is_refused():
    assert Baseline.of(np.zeros((5, 3), np.int8), MODEL).gaussians(255) is None


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


@settings(max_examples=300)
@given(st.binary(min_size=len(bytes(learnt)) - 4, max_size=len(bytes(learnt)) - 4), st.integers(0, 16))
def test_sums_that_no_windows_have_neither_crash_nor_give_a_distance_that_overflows(noise, features):
    raw = bytearray(noise)
    raw[8:12] = features.to_bytes(4, "little")
    raw[12:16] = (50).to_bytes(4, "little")
    forged = Baseline(bytes(raw) + zlib.crc32(raw).to_bytes(4, "little"))
    made = forged.gaussians(RIDGE)
    if made is not None and features:
        assert np.abs(made.mean).max() <= 128 * 128


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
