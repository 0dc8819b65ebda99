"""Boards with sensor_capture, built and started as a user does, in a workspace of their own."""

import sys
from pathlib import Path

import pytest

from ml.paths import ROOT

sys.path.insert(0, str(ROOT / "platforms" / "virtual"))

from desk import APP, Desk


def _desk(folder: Path, board: str):
    desk = Desk(folder, f"{APP}-{board}")
    desk.upload()
    yield desk
    desk.stop()


@pytest.fixture(scope="session")
def workspace(tmp_path_factory):
    return tmp_path_factory.mktemp("capture")


@pytest.fixture(scope="session")
def virtual(workspace):
    yield from _desk(workspace, "virtual")


@pytest.fixture(scope="session")
def host(workspace):
    yield from _desk(workspace, "host")
