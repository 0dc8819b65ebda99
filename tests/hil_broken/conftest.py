"""Virtual boards of the rig whose firmware can be broken on purpose, by a saboteur that is linked in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ml.paths import ROOT
from ml.rig.file import BoardConfig
from tests.hil.checks import waiting
from tests.hil.truths import Truth, truth_of
from tests.hil_broken.saboteur import Bench, Sabotage, linked_with
from tests.update import signing
from tools.rig.board import Board, environment_of
from tools.rig.place import Place
from tools.rig.project import Project

PATIENCE_S = 4.0  # with boards that will not come back; those that are good have a minute


@pytest.fixture(autouse=True)
def impatient(monkeypatch) -> None:
    monkeypatch.setattr(waiting, "PATIENCE_S", PATIENCE_S)


def flashed(app: str, folder: Path) -> Iterator[Bench]:
    config = BoardConfig("sabotaged", "virtual")
    environment = environment_of(config, app)
    board = Board(Place(config, environment, Project(ROOT), folder), app, environment)
    try:
        saboteur = linked_with(Path(__file__).with_name("saboteur.c"), folder)
        board.reflash(f"{saboteur} {signing.flags()}")
        yield Bench(board)
    finally:
        board.place.close()


@pytest.fixture(scope="session")
def gestures(tmp_path_factory) -> Iterator[Bench]:
    yield from flashed("gesture_recognition", tmp_path_factory.mktemp("sabotaged"))


@pytest.fixture(scope="session")
def vibrations(tmp_path_factory) -> Iterator[Bench]:
    yield from flashed("vibration_anomaly", tmp_path_factory.mktemp("sabotaged"))


@pytest.fixture
def truth() -> Truth:
    return truth_of("gesture_recognition")


@pytest.fixture
def sabotage(request) -> Sabotage:
    """What is wrong with the board: `parametrize` says it, else nothing is."""
    return getattr(request, "param", Sabotage.NOTHING)


@pytest.fixture
def board(gestures) -> Board:
    return gestures.board


@pytest.fixture
def device(gestures, sabotage):
    """The board, started with that wrong with it."""
    return gestures.started(sabotage)
