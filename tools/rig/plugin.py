"""pytest fixtures `board` and `device` for boards, real and virtual: docs/rig.md.

pytest_plugins = ["tools.rig.plugin"]        # in conftest.py
pytest tests/hil --board virtual --board nano33ble@/dev/ttyACM0
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ml.link.device import Device
from tools.rig.board import Board
from tools.rig.config import BoardConfig, from_words
from tools.rig.errors import RigError
from tools.rig.project import Project


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("rig", "boards on a shelf (docs/rig.md)")
    group.addoption("--board", action="append", metavar="NAME[@PORT]", help="A board to test; default: virtual.")
    group.addoption("--rig", type=Path, metavar="FILE", help="rig.toml: boards, ports, meters, resets.")
    group.addoption("--require", action="store_true", help="A board that is missing fails its tests.")
    group.addoption("--hil-report", type=Path, metavar="FILE", help="Boards by tests, as HTML.")
    parser.addini("hil_project", "Folder of platformio.ini, from pytest's root.", default=".")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "hil_app(*names): the applications that the fixture `board` has flashed")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "rig_place" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("hil_app")
    if marker is None or not marker.args:
        raise pytest.UsageError(
            f"{metafunc.definition.nodeid}: expected the application that `board` runs, found none; "
            'say it: @pytest.mark.hil_app("gesture_recognition")'
        )
    boards = from_words(tuple(metafunc.config.getoption("board") or ["virtual"]))
    places = [place(board, app) for board in boards for app in marker.args]
    metafunc.parametrize("rig_place", places, indirect=True, scope="session")


def place(board: BoardConfig, app: str) -> object:
    """A board and an application; a real board cannot run two at a time."""
    group = f"{board.name} {app}" if board.emulated else board.name
    return pytest.param((board, app), id=f"{board.name}-{app}", marks=pytest.mark.xdist_group(group))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator:
    """A board that is not what it should be: one line."""
    report = yield
    if call.excinfo and isinstance(call.excinfo.value, RigError):
        report.longrepr = call.excinfo.getrepr(style="value")
    return report


@pytest.fixture(scope="session")
def rig_place(request: pytest.FixtureRequest) -> tuple[BoardConfig, str]:
    """A board of the rig and an application."""
    return request.param


@pytest.fixture(scope="session")
def board(
    rig_place: tuple[BoardConfig, str], pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Board]:
    """A board of the rig, flashed with the test's application and proven to run it."""
    config, app = rig_place
    project = Project((pytestconfig.rootpath / pytestconfig.getini("hil_project")).resolve())
    made = Board(config, app, project, tmp_path_factory.mktemp("rig"))
    try:
        made.reflash()
        yield made
    finally:
        made.close()


@pytest.fixture(autouse=True)
def _proven_board(request: pytest.FixtureRequest) -> None:
    """Gives the next test the usual image again, and says in its report which one that is."""
    if "rig_place" not in request.fixturenames:
        return
    board = request.getfixturevalue("board")
    if not board.whole:
        board.reflash()
    request.node.user_properties.extend(board.properties)


@pytest.fixture
def device(board: Board) -> Iterator[Device]:
    """The board's firmware, proven and open."""
    with board.open() as opened:
        yield opened
