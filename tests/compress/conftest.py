"""One network that has learned something, for all tests of techniques."""

from typing import Any

import pytest

from ml.train.lessons import Lessons, tune
from tests.compress.networks import OVER_TIME, lessons, recurring


@pytest.fixture(scope="session")
def learnt() -> tuple[Any, Lessons]:
    """(network, what it learned from); no test may change it. It is small, as each training on compiles it anew."""
    some, model = lessons(shape=OVER_TIME), recurring()
    tune(model, some, some.epochs, 0, some.rate)
    return model, some
