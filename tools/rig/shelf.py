"""All boards of a test session: each is found, flashed and locked once."""

from __future__ import annotations

import contextlib
from pathlib import Path

from ml.rig.errors import RigError
from ml.rig.file import BoardConfig
from tools.rig.board import Board, environment_of
from tools.rig.place import Place
from tools.rig.project import Project


class Shelf:
    """`scratch`: a folder of this session, where virtual boards are built and run."""

    def __init__(self, project: Path, scratch: Path) -> None:
        self.project, self._scratch = Project(project), scratch
        self._places: dict[str, Place] = {}
        self._boards: dict[tuple[str, str], Board] = {}
        self._wrong: dict[str, RigError] = {}

    def board(self, config: BoardConfig, app: str) -> Board:
        """A board that runs an application, the same one each time; RigError, and then always, when it does not."""
        key = f"{config.name} {app}"
        if key in self._wrong:
            raise self._wrong[key]
        try:
            board = self._board(config, app)
            board.prepare()
        except RigError as error:
            self._wrong[key] = error
            raise
        return board

    def _board(self, config: BoardConfig, app: str) -> Board:
        key = (config.name, app)
        if key not in self._boards:
            environment = environment_of(config, app)
            self._boards[key] = Board(self._place(config, environment), app, environment)
        return self._boards[key]

    def _place(self, config: BoardConfig, environment: str) -> Place:
        """A real board builds where its libraries stay for the next session; a virtual one where nobody else does."""
        key = f"{config.name} {environment}" if config.emulated else config.name
        if key not in self._places:
            kept = self.project.folder / ".pio" / "rig" / config.name
            workspace = self._scratch / config.name if config.emulated else kept
            self._places[key] = Place(config, environment, self.project, workspace)
        return self._places[key]

    def close(self) -> None:
        with contextlib.ExitStack() as stack:  # one that cannot be stopped does not keep the others
            for place in self._places.values():
                stack.callback(place.close)
