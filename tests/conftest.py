"""Shared by all tests: where things are, and real data where it is at hand."""

from pathlib import Path

import pytest
from hypothesis import settings

from ml.paths import ROOT

settings.register_profile("thimble", deadline=None)  # no test depends on the speed of the host
settings.load_profile("thimble")

SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real recordings and reference models beside the repository; the test is skipped where it is not."""
    if not SHARED.is_dir():
        pytest.skip(f"no real recordings and models at {SHARED}")
    return SHARED
