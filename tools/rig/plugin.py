"""pytest fixtures `board` and `device` for boards, real and virtual: docs/rig.md.

pytest_plugins = ["tools.rig.plugin"]        # in conftest.py
pytest tests/hil --board virtual --board nano33ble@/dev/ttyACM0
pytest tests/hil --rig rig.toml --require --hil-report report.html
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ml.link.device import Device
from ml.rig.errors import Missing, RigError
from ml.rig.file import BoardConfig, choose
from tools.rig.board import Board
from tools.rig.report import Report
from tools.rig.shelf import Shelf

if TYPE_CHECKING:
    from xdist.remote import Producer

BOARDS = pytest.StashKey[list[BoardConfig]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("rig", "boards on a shelf (docs/rig.md)")
    group.addoption("--board", action="append", metavar="NAME[@PORT]", help="A board to test; default: virtual.")
    group.addoption("--rig", type=Path, metavar="FILE", help="rig.toml: boards, ports, meters, resets.")
    group.addoption("--require", action="store_true", help="A board that is missing fails its tests.")
    group.addoption("--hil-report", type=Path, metavar="FILE", help="Boards by tests, as HTML.")
    parser.addini("hil_project", "Folder of platformio.ini, from pytest's root.", default=".")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "hil_app(*names): the applications that the fixture `board` has flashed")
    if not hasattr(config, "workerinput"):  # a worker's reports arrive at its controller
        config.pluginmanager.register(Report(config.getoption("hil_report")), "rig-report")
    _boards(config)


def _boards(config: pytest.Config) -> list[BoardConfig]:
    """Those that were asked for; wanted before pytest_configure, too."""
    if BOARDS not in config.stash:
        try:
            config.stash[BOARDS] = choose(config.getoption("board") or (), config.getoption("rig"))
        except RigError as error:
            raise pytest.UsageError(str(error)) from None
    return config.stash[BOARDS]


@pytest.hookimpl(tryfirst=True)  # before xdist, which makes workers of -n
def pytest_cmdline_main(config: pytest.Config) -> None:
    """A worker for each of several boards, unless -n says otherwise; and each board for one worker."""
    option = config.option
    if not _chosen(config) or not hasattr(option, "numprocesses") or hasattr(config, "workerinput"):
        return
    boards = len(_boards(config))
    if boards > 1 and option.numprocesses is None and option.dist == "no" and not option.tx and not option.usepdb:
        option.numprocesses = boards
    if option.numprocesses and option.dist == "no":
        option.dist = "loadgroup"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer | None) -> object | None:
    """xdist 3.8 does not find its groups in the tests of pytest 9.2: their names say enough."""
    if config.option.dist != "loadgroup" or not _chosen(config):
        return None
    from tools.rig.scheduler import BoardScheduling  # noqa: PLC0415 - without xdist there is nothing to import

    return BoardScheduling(config, log, _boards(config))


def _chosen(config: pytest.Config) -> bool:
    return bool(config.getoption("board") or config.getoption("rig"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "rig_place" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("hil_app")
    if marker is None or not marker.args:
        raise pytest.UsageError(
            f"{metafunc.definition.nodeid}: expected the application that `board` runs, found none; "
            'say it: @pytest.mark.hil_app("gesture_recognition")'
        )
    limited = metafunc.config.pluginmanager.hasplugin("timeout")
    places = [_place(board, app, limited) for board in _boards(metafunc.config) for app in marker.args]
    metafunc.parametrize("rig_place", places, indirect=True, scope="session")


def _place(board: BoardConfig, app: str, limited: bool) -> object:
    """A board and an application. A real board does one thing at a time, and its first build may take long."""
    marks = [pytest.mark.xdist_group(f"{board.name} {app}" if board.emulated else board.name)]
    if limited and not board.emulated:
        marks.append(pytest.mark.timeout(func_only=True))
    return pytest.param((board, app), id=f"{board.name}-{app}", marks=marks)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """A board that is missing or dead has its name in the reports as well."""
    callspec = getattr(item, "callspec", None)
    if callspec and "rig_place" in callspec.params:
        config, app = callspec.params["rig_place"]
        item.user_properties += [("board", config.name), ("app", app)]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator:
    """A board that is not what it should be: one line."""
    report = yield
    if call.excinfo and isinstance(call.excinfo.value, RigError):
        report.longrepr = call.excinfo.getrepr(style="value")
    board = getattr(item, "funcargs", {}).get("board")
    if report.failed and isinstance(board, Board):
        board.suspect = True
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator:
    """A board that the next test has no use for rests."""
    ended = yield
    board = getattr(item, "funcargs", {}).get("board")
    if isinstance(board, Board) and _params(item) != _params(nextitem):
        board.rest()
    return ended


def _params(item: pytest.Item | None) -> object:
    """Of the rig, None where a test has none of its boards."""
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("rig_place") if callspec else None


@pytest.fixture(scope="session")
def rig_shelf(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """The boards of this session."""
    project = (pytestconfig.rootpath / pytestconfig.getini("hil_project")).resolve()
    shelf = Shelf(project, tmp_path_factory.mktemp("rig"))
    yield shelf
    shelf.close()


@pytest.fixture(scope="session")
def rig_place(request: pytest.FixtureRequest) -> tuple[BoardConfig, str]:
    """A board of the rig and an application."""
    return request.param


@pytest.fixture(scope="session")
def board(rig_place: tuple[BoardConfig, str], rig_shelf: Shelf, pytestconfig: pytest.Config) -> Board:
    """A board of the rig, flashed with the test's application and proven to run it."""
    try:
        return rig_shelf.board(*rig_place)
    except Missing as missing:
        if pytestconfig.getoption("require"):
            raise
        pytest.skip(str(missing))


@pytest.fixture(autouse=True)
def _rig_board_prepared(request: pytest.FixtureRequest) -> None:
    """Gives each test the usual image, and says in its report which one that is."""
    if "rig_place" not in request.fixturenames:
        return
    board = request.getfixturevalue("rig_shelf").board(*request.getfixturevalue("rig_place"))
    request.node.user_properties += board.properties


@pytest.fixture
def device(board: Board) -> Iterator[Device]:
    """The board's firmware, proven and open."""
    with board.open() as opened:
        yield opened
