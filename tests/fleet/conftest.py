"""A few simulated people, and what the committed network makes of them; computed once."""

from pathlib import Path
from typing import Any

import pytest

from ml.data.synthesis import generate
from ml.fleet.image import Base, base_of
from ml.fleet.people import Person, people
from ml.pipeline.contract import find

APP = "gesture_recognition"


@pytest.fixture(scope="session")
def base() -> Base:
    return base_of(APP, None)


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Those of the quick trials: five people."""
    app: Any = find(APP, quick=True)
    return generate(app.config.synthesis, 0)


@pytest.fixture(scope="session")
def persons(base, recordings) -> list[Person]:
    return people(base.made, base.learner().layer, base.made.app.data(recordings, 0))
