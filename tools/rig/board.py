"""A board of the rig with one application on it.

def test_it_answers(board):
    with board.open() as device:
        device.ping()
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable

import pytest

from ml.errors import UserError
from ml.link.device import INFO_TIMEOUT_S, Device
from ml.link.sensor_bus import Player
from ml.rig.errors import RigError, WrongImage
from ml.rig.file import BoardConfig
from tools.rig import reset
from tools.rig.identity import Identity, model_hash, prove
from tools.rig.place import Place

RETRY_S = 0.2
UPTIME_S = 3.0  # from which on uptime tells a reset from none, however slowly the port opens
# For tests that provoke faults; a guard behind the arena shows who writes beyond it. docs/protocol.md
FLAGS = "-D SERVICE_PROVOKE=1 -D NN_GUARD=64"


class Board:
    """Flashed once per session and application; `open` proves each time that this very image answers."""

    def __init__(self, place: Place, app: str, environment: str) -> None:
        config = place.config
        self.name, self.kind, self.app, self.environment = config.name, config.kind, app, environment
        self.meter: str | None = config.meter or None  # as tools/power.py takes it
        self.build = ""  # nonce of the image that should answer
        self.model: str | None = None  # hash of its model
        self.place = place
        self.suspect = False  # a test failed on it: it is started afresh for the next
        self.resting = False  # so is an emulator that was stopped meanwhile
        self._usual = ""  # nonce of the image without extra flags

    @property
    def port(self) -> str:
        """Where it is now: it may have come back under another name."""
        return self.place.port

    @property
    def properties(self) -> list[tuple[str, str]]:
        """What reports say of it."""
        names = ("kind", "environment", "port", "build", "model", "meter")
        return [(name, getattr(self, name)) for name in names if getattr(self, name)]

    def open(self) -> Device:
        """RigError unless the image that was flashed answers."""
        with contextlib.ExitStack() as opened:
            try:
                device = Device.open(self.port, timeout=min(INFO_TIMEOUT_S, self.place.config.settle_s))
                opened.callback(device.close)
                prove(device, Identity(self.app, self.build, self.model), self.name)
            except RigError:
                raise
            except UserError as error:
                raise RigError(f"{self.name}: {self._died() or error}") from None
            opened.pop_all()
        return device

    def prepare(self) -> None:
        """For the next test: the usual image, and a fresh start after a failure."""
        if not self._usual or self.place.image != self._usual:
            self.reflash()
        elif self.resting and self.place.emulator:
            self.place.emulator.restart()
            self.wait()
        elif self.suspect:
            self.reset()
        self.suspect = self.resting = False

    def rest(self) -> None:
        """Stops an emulator until `prepare`: it takes the host's time, heard or not. A real board runs on."""
        if self.place.emulator:
            self.place.emulator.stop()
            self.resting = True

    def reflash(self, extra_flags: str = "") -> None:
        """Builds with a new nonce and uploads; after extra flags, the next test gets the usual image again."""
        self.build = secrets.token_hex(8)
        self.model = model_hash(self.app, self.place.project.folder)
        self._usual = "" if extra_flags else self.build
        self.place.flash(self.environment, self.build, f"{FLAGS} {extra_flags}")
        self.wait()

    def wait(self) -> None:
        """Until the image answers; what is wrong with the last answer is the error when it does not."""
        self._wait(lambda device: None)

    def reset(self) -> None:
        """By the method of the rig; returns when the board has started afresh and answers again."""
        way = self.place.config.reset or ("emulator" if self.place.emulator else "link")
        self._afresh(lambda: reset.METHODS[way](self))

    def power_cycle(self) -> None:
        """Without power and with it again; skips the test where the rig has no way to do so."""
        command = self.place.config.power_cycle
        if command:
            self._afresh(lambda: self.place.run(command))
        elif self.place.emulator:
            self._afresh(self.place.emulator.restart)
        else:
            pytest.skip(f"{self.name}: the rig has no power_cycle for it")

    def player(self) -> Player:
        """Plays recordings into its sensors; skips the test where that is not possible."""
        if self.place.emulator is None:
            pytest.skip(f"{self.name}: only a virtual board's sensors can be played into")
        return Player.open(self.port)

    def _afresh(self, start: Callable[[], None]) -> None:
        """Does it, and makes sure that it was done: the board must have started later than before."""
        before = self._boot_time() if self.place.emulator is None else None
        start()
        if before is None:
            return self.wait()

        def restarted(device: Device) -> None:
            if boot_time(device) < before + UPTIME_S / 2:
                raise RigError(f"{self.name}: expected it to have started afresh, found it running since before")

        self._wait(restarted)

    def _boot_time(self) -> float | None:
        """When it started, on the host's clock; None where it does not answer, as one that hangs."""
        try:
            with self.open() as device:
                started = boot_time(device)
        except RigError:
            return None
        time.sleep(max(0.0, started + UPTIME_S - time.monotonic()))
        return started

    def _wait(self, check: Callable[[Device], None]) -> None:
        end = time.monotonic() + self.place.config.settle_s
        while True:
            try:
                with self.open() as device:
                    return check(device)
            except UserError as error:
                if time.monotonic() > end or self._final(error):
                    raise RigError(str(error)) from None
            time.sleep(RETRY_S)

    def _final(self, error: UserError) -> bool:
        """A real board may still be on its way to the new image; an emulator was started on what it has."""
        return self.place.emulator is not None and (isinstance(error, WrongImage) or self._died() is not None)

    def _died(self) -> str | None:
        return self.place.emulator.died() if self.place.emulator else None


def boot_time(device: Device) -> float:
    """When a board started, on the host's clock, by the session info that it sent last (at most a second ago)."""
    return time.monotonic() - device.info.uptime_us / 1e6


def environment_of(config: BoardConfig, app: str) -> str:
    """Of platformio.ini."""
    return config.environment.format(app=app, kind=config.kind)
