"""Each application's library, exported once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.export import exported


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The CMake library of an application."""
    made: dict[str, Path] = {}

    def of(app: str) -> Path:
        if app not in made:
            made[app] = exported.export(app, tmp_path_factory.mktemp(app) / app)
        return made[app]

    return of
