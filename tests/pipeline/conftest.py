"""One quick run of the whole pipeline through the command line, shared by the tests of this folder."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def quick(ml, tmp_path_factory) -> Path:
    """The folder of a quick run on simulated people."""
    folder = tmp_path_factory.mktemp("quick")
    ml("run", "gesture_recognition", "--quick", "--out", folder)
    return folder
