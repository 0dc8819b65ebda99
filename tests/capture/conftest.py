"""Boards with sensor_capture, found by tools as those that a user has started."""

import pytest
from desk import APP, Desk


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return tmp_path_factory.mktemp("capture")


@pytest.fixture(scope="module")
def virtual(firmware, workspace):
    with firmware.running(f"{APP}-virtual", workspace) as board:
        yield Desk(workspace, board.image.environment)


@pytest.fixture(scope="module")
def host(firmware, workspace):
    with firmware.running(f"{APP}-host", workspace) as board:
        yield Desk(workspace, board.image.environment)
