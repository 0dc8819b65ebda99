"""Integer distances against exact ones, within the bound that lib/anomaly/include/anomaly/distance.h states."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.errors import UserError
from ml.native import anomaly
from ml.native.anomaly import DISTANCE, INVERSE, MEAN, Gaussians, Reconstruction

seeds = st.integers(0, 2**32 - 1)


def mixture(rng: np.random.Generator, features: int, components: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Means, covariances from narrow to wide and strongly correlated, weights."""
    mean = rng.uniform(-128, 127, (components, features))
    scale = 10 ** rng.uniform(-2, 2, (components, features, 1))
    spread = rng.normal(0, 1, (components, features, features)) * scale
    covariance = spread @ spread.transpose(0, 2, 1) + np.eye(features) * rng.uniform(1, 4)
    return mean, covariance, rng.dirichlet(np.ones(components))


def windows(rng: np.random.Generator, features: int) -> np.ndarray:
    extremes = rng.choice([-128, 127], (20, features))
    return np.concatenate([rng.integers(-128, 128, (40, features)), extremes]).astype(np.int8)


def exact(x: np.ndarray, mean: np.ndarray, inverse: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squared distance, and the stated bound of the integers' error."""
    difference = x - mean
    y = difference @ inverse.T
    rows = np.abs(inverse).sum(1)
    error = rows / 256 + np.abs(difference).sum(1, keepdims=True) / 32768 + 1 / 512
    return (y**2).sum(1), (2 * np.abs(y) * error + error**2).sum(1)


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(1, 16), st.integers(1, 5))
def test_a_distance_is_the_exact_one_within_the_stated_bound(seed, features, components):
    rng = np.random.default_rng(seed)
    mean, covariance, weight = mixture(rng, features, components)
    x = windows(rng, features)
    made = anomaly.distances(x, anomaly.gaussians(mean, covariance, weight)) / DISTANCE
    factor = np.linalg.cholesky(covariance)
    density = 2 * np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(1) - 2 * np.log(weight)
    offset = density - density.min()
    pairs = [exact(x.astype(float), mean[k], np.linalg.inv(factor[k])) for k in range(components)]
    low = np.min([d + offset[k] - bound for k, (d, bound) in enumerate(pairs)], axis=0) - 2**-17
    high = np.min([d + offset[k] + bound for k, (d, bound) in enumerate(pairs)], axis=0) + 2**-17
    assert (low <= made).all() and (made <= high).all()


@given(seeds, st.integers(1, 16))
def test_integers_are_what_the_header_says_bit_by_bit(seed, features):
    rng = np.random.default_rng(seed)
    pairs = features * (features + 1) // 2
    tables = Gaussians(
        rng.integers(-16384, 16257, (2, features)).astype(np.int16),
        rng.integers(-16384, 16385, (2, pairs)).astype(np.int16),
        rng.integers(0, 2**20, 2).astype(np.uint32),
    )
    x = windows(rng, features)
    expected = []
    for window in x.tolist():
        found = []
        for k in range(2):
            inverse = np.zeros((features, features), np.int64)
            inverse[np.tril_indices(features)] = tables.inverse[k]
            difference = np.array(window, np.int64) * MEAN - tables.mean[k]
            y = (inverse @ difference + (1 << 12)) >> 13
            found.append(int((y**2).sum()) + int(tables.offset[k]))
        expected.append(min(found))
    assert anomaly.distances(x, tables).tolist() == expected


@given(seeds, st.integers(1, 16), st.integers(-128, 127), st.integers(1, 4 * DISTANCE))
def test_a_reconstruction_differs_from_the_exact_one_by_its_rounding_only(seed, features, zero_point, scale):
    rng = np.random.default_rng(seed)
    deviation = rng.uniform(1, 60, features)
    inverse = np.rint(INVERSE / deviation).astype(np.int16)
    x, output = windows(rng, features), windows(rng, features)[::-1]
    made = anomaly.reconstruction_distances(x, output, Reconstruction(inverse, scale, zero_point)) / DISTANCE
    y = (x - (output.astype(float) - zero_point) * (scale / DISTANCE)) * (inverse / INVERSE)
    error = inverse / INVERSE / 256 + 1 / 512
    assert (np.abs(made - (y**2).sum(1)) <= (2 * np.abs(y) * error + error**2).sum(1) + 1e-9).all()


def test_a_score_rises_with_the_distance_and_covers_its_whole_range():
    distance = np.unique(np.geomspace(1, 2**45, 4000).astype(np.uint64))
    made = anomaly.scores(np.concatenate([[0], distance])).astype(int)
    assert made[0].tolist() == [-1, -128]
    assert made[-1].tolist() == [-128, 127]
    assert (np.diff(made[:, 1]) >= 0).all()
    assert (made[:, 0] == np.maximum(-129 - made[:, 1], -128)).all()


@given(st.integers(0, 2**35))
def test_a_score_counts_thirteen_for_each_doubling(distance):
    made = int(anomaly.scores(np.array([distance], np.uint64))[0, 1]) + 128
    assert abs(made - min(255, 13 * np.log2(1 + distance / DISTANCE))) <= 1.05


def test_a_direction_with_too_little_variance_is_refused():
    with pytest.raises(UserError, match="variance below 1"):
        anomaly.gaussians(np.zeros((1, 2)), np.array([[[1.0, 0.9], [0.9, 1.0]]]), np.ones(1))
