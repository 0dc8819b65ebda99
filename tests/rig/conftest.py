"""The tests in theirs/ are for its own pytest: many of them fail on purpose."""

import os
from pathlib import Path

import pytest

collect_ignore = ["theirs"]


@pytest.fixture(scope="session")
def common(tmp_path_factory) -> Path:
    """One folder for all workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "rig-tests"
    folder.mkdir(exist_ok=True)
    return folder
