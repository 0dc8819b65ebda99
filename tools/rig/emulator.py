"""The emulator behind a virtual board of the rig."""

from __future__ import annotations

import sys
from pathlib import Path

from ml.paths import ROOT
from ml.rig.errors import RigError

sys.path.append(str(ROOT / "platforms" / "virtual"))  # PlatformIO's side of it has no package
import emulator_control


class Emulator:
    """Of one environment in one workspace. PlatformIO's upload starts it."""

    def __init__(self, workspace: Path, environment: str) -> None:
        self.folder = workspace / "virtual" / environment
        self._known: emulator_control.Emulator | None = None

    @property
    def console(self) -> str:
        return str(self.folder / emulator_control.CONSOLE)

    def started(self) -> None:
        """Remembers what the upload started."""
        self._known = emulator_control.state(self.folder)

    def restart(self) -> None:
        """Kills it, if it still runs, and starts the same program again."""
        if self._known is None:
            raise RigError(f"{self.folder.name}: expected an emulator that was started, found none; flash it first")
        try:
            emulator_control.start(self.folder, self._known.program, self._known.machine)
        except emulator_control.EmulatorError as error:
            raise RigError(f"{self.folder.name}: {error}") from None

    def died(self) -> str | None:
        """Its last word, if it has ended without being asked to."""
        word = emulator_control.crashed(self.folder)
        return None if word is None else f"expected its emulator to run, found it ended: {word}"

    def stop(self) -> None:
        emulator_control.stop(self.folder)
