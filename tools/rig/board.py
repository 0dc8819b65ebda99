"""A board of the rig with one application on it.

def test_it_answers(board):
    with board.open() as device:
        device.ping()
"""

from __future__ import annotations

import secrets
import time
from pathlib import Path

import pytest

from ml.errors import UserError
from ml.link.device import Device
from ml.link.sensor_bus import Player
from tools.rig.config import BoardConfig
from tools.rig.emulator import Emulator
from tools.rig.errors import RigError
from tools.rig.identity import Identity, model_hash, prove
from tools.rig.project import Project

SETTLE_S = 30.0  # from the end of an upload or reset until the firmware has answered
RETRY_S = 0.2
FLAGS = "-D SERVICE_PROVOKE=1 -D NN_GUARD=64"


class Board:
    """Flashed once per session and application; `open` proves each time that this very image answers."""

    def __init__(self, config: BoardConfig, app: str, project: Project, workspace: Path) -> None:
        self.name, self.kind, self.app = config.name, config.kind, app
        self.environment = config.environment.format(app=app, kind=config.kind)
        self.meter: str | None = None
        self.build = ""  # nonce of the image that should answer
        self.model: str | None = None  # hash of its model
        self.whole = False  # it runs the image without extra flags
        self._config, self._project, self._workspace = config, project, workspace
        self._emulator = Emulator(workspace, self.environment) if config.emulated else None

    @property
    def port(self) -> str:
        """Where it is now."""
        return self._emulator.console if self._emulator else self._config.port

    @property
    def properties(self) -> list[tuple[str, str]]:
        """What reports say of it."""
        names = ("name", "app", "environment", "port", "build", "model")
        return [("board" if name == "name" else name, str(getattr(self, name) or "")) for name in names]

    def open(self) -> Device:
        """RigError unless the image that was flashed answers."""
        try:
            device = Device.open(self.port)
        except UserError as error:
            raise RigError(f"{self.name}: {error}") from None
        try:
            prove(device, Identity(self.app, self.build, self.model), self.name)
        except BaseException:
            device.close()
            raise
        return device

    def reflash(self, extra_flags: str = "") -> None:
        """Builds with a new nonce and uploads; with extra flags, the next test gets the usual image again."""
        self.build, self.whole = secrets.token_hex(8), False
        self.model = model_hash(self.app, self._project.folder)
        flags = f"-D SERVICE_BUILD='\"{self.build}\"' {FLAGS} {extra_flags}"
        self._project.flash(self.environment, self._workspace, flags, None if self._emulator else self.port)
        if self._emulator:
            self._emulator.started()
        self.wait()
        self.whole = not extra_flags

    def wait(self) -> None:
        """Until the image answers; its last word is the error when it does not."""
        end = time.monotonic() + SETTLE_S
        while True:
            try:
                return self.open().close()
            except RigError:
                if time.monotonic() > end:
                    raise
            time.sleep(RETRY_S)

    def reset(self) -> None:
        """By the rig's method; returns when the board answers again."""
        self.power_cycle()

    def power_cycle(self) -> None:
        """Without power and with it again; skips the test where the rig has no way."""
        if self._emulator is None:
            pytest.skip(f"{self.name}: the rig has no way to switch its power")
        self._emulator.restart()
        self.wait()

    def player(self) -> Player:
        """Plays recordings into its sensors; skips the test where that is not possible."""
        if self._emulator is None:
            pytest.skip(f"{self.name}: only a virtual board's sensors can be played into")
        return Player.open(self.port)

    def close(self) -> None:
        if self._emulator:
            self._emulator.stop()
