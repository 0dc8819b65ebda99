"""A pytest plugin: the folder that all workers of a test session share, tiers, and which worker runs what.

Tiers: `unit` needs no board, `board` runs firmware on a virtual one, `long` is marked in its file because it takes
tens of seconds. `make test` runs all three; `pytest -m unit` is for every save. docs/tests.md has the figures.
"""

import contextlib
import fcntl
import functools
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ml.paths import CACHE
from tests import compiler_cache
from tests.firmware import Firmware, Running, stop_all_below

TIERS = ("long", "board", "unit")  # in the order in which they begin
ON_BOARDS = {"firmware", "rig_shelf", "bench"}  # fixtures that start one
SHARED, OWNER = "thimble", "owner"
_OWNER = pytest.StashKey[object]()


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _base(config: pytest.Config) -> Path:
    """The temporary folder of the session: a worker's lies in it."""
    base = config._tmp_path_factory.getbasetemp()  # as xdist finds it
    return base.parent if _is_worker(config) else base


def pytest_configure(config: pytest.Config) -> None:
    for tier, what in zip(TIERS, ("tens of seconds", "runs firmware on a virtual board", "neither"), strict=True):
        config.addinivalue_line("markers", f"{tier}: {what}")
    compiler_cache.use(CACHE)
    _keep_bytecode()


def _keep_bytecode() -> None:
    """Containers often say not to: then each worker, and each process that a test starts, compiles all of Python's
    sources again, which takes minutes altogether."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def pytest_sessionstart(session: pytest.Session) -> None:
    """Ends what an earlier session left that was killed, and says whose this one's folder is."""
    if _is_worker(session.config):
        return
    base = _base(session.config)
    for other in base.parent.glob(f"pytest-*/{SHARED}/{OWNER}"):
        with other.open() as owner:
            if _free(owner):
                _clear(other.parents[1])
    (base / SHARED).mkdir(exist_ok=True)
    session.config.stash[_OWNER] = (base / SHARED / OWNER).open("w")
    _free(session.config.stash[_OWNER])


def _free(owner) -> bool:
    """Takes the lock; False when the process that has it is alive."""
    try:
        fcntl.flock(owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def pytest_unconfigure(config: pytest.Config) -> None:
    if _OWNER in config.stash:
        _clear(_base(config))


def _clear(base: Path) -> None:
    stop_all_below(base)
    shutil.rmtree(base / SHARED, ignore_errors=True)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Names each test's tier; files with long tests begin first, so that no worker is left with one at the end."""
    for item in items:
        if not any(item.get_closest_marker(tier) for tier in TIERS):
            item.add_marker("board" if ON_BOARDS & set(getattr(item, "fixturenames", ())) else "unit")
    yield
    rank: dict[Path, int] = {}
    for item in items:
        at = next(at for at, tier in enumerate(TIERS) if item.get_closest_marker(tier))
        rank[item.path] = min(at, rank.get(item.path, at))
    items.sort(key=lambda item: rank[item.path])  # stable: within a tier as collected


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object | None:
    """Files stay together; tests on a board of the rig, with that board's other tests."""
    if config.option.dist != "loadfile":
        return None
    from tests.scheduler import FilesAndBoards  # noqa: PLC0415 - without xdist there is nothing to import

    return FilesAndBoards(config, log)


@pytest.fixture(scope="session")
def session_folder(pytestconfig: pytest.Config) -> Iterator[Path]:
    """Of all workers; deleted at the end."""
    return _base(pytestconfig) / SHARED


@pytest.fixture(scope="session")
def firmware(session_folder: Path) -> Firmware:
    """Builds each image once in a session, and runs it: tests/firmware.py."""
    return Firmware(session_folder / "firmware")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where tools of this process, and those that it starts, look for virtual boards."""
    folder = tmp_path_factory.mktemp("workspace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLATFORMIO_WORKSPACE_DIR", str(folder))
        yield folder


@pytest.fixture(scope="module")
def started(firmware: Firmware, workspace: Path) -> Iterator[Callable[..., Running]]:
    """Starts an environment, with further build flags, once; it runs until the file's last test."""
    with contextlib.ExitStack() as boards:
        yield functools.cache(
            lambda environment, flags="": boards.enter_context(firmware.running(environment, workspace, flags))
        )
