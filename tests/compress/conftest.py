"""One network that has learned something, for all tests of techniques."""

from typing import Any

import pytest

from ml.train.lessons import Lessons, tune
from tests.compress.networks import lessons, network


@pytest.fixture(scope="session")
def learnt() -> tuple[Any, Lessons]:
    """(network, what it learned from); no test may change it."""
    some, model = lessons(), network(5, "flat")
    tune(model, some, some.epochs, 0, some.rate)
    return model, some
