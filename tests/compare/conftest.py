"""A cache and a repository with real kernels and headers."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ml.paths import ROOT
from tests.compare.repositories import APPS, PARTS, STATED, Repository


@pytest.fixture(scope="session")
def cache(tmp_path_factory) -> Iterator[Path]:
    """One for all tests, and not the user's: what is equal is measured once."""
    folder = tmp_path_factory.mktemp("cache")
    places = {"repository.TREES": "trees", "sides.COMPILED": "compiled", "measure.MEASURED": "measured"}
    with pytest.MonkeyPatch.context() as patch:
        for name, place in (places | {"firmware.WORKSPACE": "firmware"}).items():
            patch.setattr(f"ml.compare.{name}", folder / "compare" / place)
        yield folder


@pytest.fixture
def repository(tmp_path, cache) -> Repository:
    """With one commit on main."""
    if shutil.which("arm-none-eabi-gcc") is None:
        pytest.skip("arm-none-eabi-gcc is not installed")
    folder = tmp_path / "repository"
    for part in (*PARTS, *(f"{app}_model" for app in APPS)):
        shutil.copytree(ROOT / "lib" / part, folder / "lib" / part)
    made = Repository(folder)
    made.state(APPS[0], **STATED)
    made.git("init", "--quiet", "--initial-branch", "main")
    made.commit("The beginning")
    return made
