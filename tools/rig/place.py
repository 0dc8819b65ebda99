"""A place on the shelf: a real board at its port, or an emulator, and its image."""

from __future__ import annotations

import shlex
from pathlib import Path

from ml.rig import ports
from ml.rig.errors import Missing, RigError
from ml.rig.file import BoardConfig
from tools.rig.emulator import Emulator
from tools.rig.lock import locked
from tools.rig.project import Project, run

COMMAND_LIMIT_S = 60.0  # of a command that resets a board or switches its power


class Place:
    """Of all applications on a real board; of one application where it is emulated."""

    def __init__(self, config: BoardConfig, environment: str, project: Project, workspace: Path) -> None:
        self.config, self.project, self.workspace = config, project, workspace
        self.image = ""  # nonce of what was last flashed
        self.emulator = Emulator(workspace, environment) if config.emulated else None
        self._usb_ids = ports.parse_usb_ids(project.usb_ids(environment))
        self._found: ports.Found | None = None
        if self.emulator is None:
            self._found = ports.find(config, self._usb_ids)  # Missing when it is nowhere
            self._lock = locked(config.name, f"serial {self._found.serial}" if self._found.serial else self.port)

    @property
    def port(self) -> str:
        """Where it is now: it may have come back under another name."""
        if self.emulator:
            return self.emulator.console
        try:
            self._found = ports.find(self.config, self._usb_ids)
        except Missing as error:  # it was there when the session began: no test may be skipped for this
            raise RigError(str(error)) from None
        return self._found.device

    def flash(self, environment: str, build: str, flags: str) -> None:
        """Builds and uploads."""
        self.image = ""
        upload = {} if self.emulator else {"port": self.port, "upload_flags": self.fill(self.config.upload_flags)}
        self.project.flash(environment, self.workspace, build, flags, **upload)
        self.image = build  # so the uploader says; whether it is true shows when the board answers
        if self.emulator:
            self.emulator.started()

    def fill(self, text: str) -> str:
        """A setting of the rig file, its placeholders replaced by what was last seen of the board."""
        found = self._found or ports.Found("")
        location = self.config.location or found.location
        hub, _, hub_port = location.rpartition("." if "." in location else "-")
        values = {
            "name": self.config.name,
            "port": found.device,
            "serial": self.config.serial or found.serial,
            "location": location,
            "hub": hub,
            "hub_port": hub_port,
        }
        return text.format(**values)

    def run(self, command: str) -> None:
        """A command of the rig file."""
        words = [self.fill(word) for word in shlex.split(command)]
        done = run(words, COMMAND_LIMIT_S)
        if done.returncode:
            said = " ".join(done.stdout.split())[-200:] or "no word"
            raise RigError(f"{self.config.name}: expected {shlex.join(words)} to succeed, found: {said}")

    def close(self) -> None:
        if self.emulator:
            self.emulator.stop()
        else:
            self._lock.close()
