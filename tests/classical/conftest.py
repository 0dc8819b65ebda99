"""Digits of 8 x 8 whole numbers: trained once for all tests of this folder."""

from typing import NamedTuple

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier


class Digits(NamedTuple):
    inputs: np.ndarray  # int8 (n, 64)
    labels: np.ndarray
    train: np.ndarray  # bool (n,)


@pytest.fixture(scope="session")
def digits() -> Digits:
    inputs, labels = map(np.asarray, load_digits(return_X_y=True))
    return Digits(inputs.astype(np.int8), labels, np.arange(len(labels)) % 3 > 0)


@pytest.fixture(scope="session")
def forest(digits: Digits) -> RandomForestClassifier:
    """The one of the figures: 10 trees of 40 leaves."""
    model = RandomForestClassifier(10, max_leaf_nodes=40, random_state=0)
    return model.fit(digits.inputs[digits.train], digits.labels[digits.train])
