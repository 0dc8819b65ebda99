"""Firmware for the tests: each image is built once in a session, whichever of its workers wants it first, unless an
earlier session has built the same.

def test_it(firmware, tmp_path):
    with firmware.running("gesture_recognition-virtual", tmp_path) as board:    # tmp_path: PlatformIO's workspace there
        Device.open(str(board.console))

Images are told apart by environment, flags and what else decides them. An emulator runs as long as its `with`; one
whose test was killed ends with the session.
"""

import contextlib
import fcntl
import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ml.paths import ROOT
from ml.profile.boards import machine
from tests import kept_images

sys.path.append(str(ROOT / "platforms" / "virtual"))  # no package; last, as its platform.py is not Python's

import emulator_control


@dataclass(frozen=True)
class Image:
    """What a build left: the program, and the folder of PlatformIO that it lies in."""

    environment: str
    program: Path

    @property
    def machine(self) -> str:
        return machine(self.environment.partition("-")[2])


@dataclass(frozen=True)
class Running:
    """A virtual board in a workspace: tools find it there by the environment's name."""

    image: Image
    folder: Path

    @property
    def console(self) -> Path:
        return self.folder / emulator_control.CONSOLE

    def restart(self) -> None:
        """As from power-up."""
        emulator_control.start(self.folder, str(self.image.program), self.image.machine)

    def stop(self) -> None:
        emulator_control.stop(self.folder)


class Firmware:
    """Builds into `folder`, which all workers of a session share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def image(self, environment: str, flags: str = "", beside: dict[str, bytes] | None = None) -> Image:
        """The image of an environment of platformio.ini with further build flags; `beside`: files that it takes from
        its workspace."""
        given = json.dumps([environment, flags, {name: data.hex() for name, data in (beside or {}).items()}])
        workspace = self.folder / f"{environment}-{hashlib.sha256(given.encode()).hexdigest()[:8]}"
        image = Image(environment, workspace / "build" / environment / f"firmware{_suffix(environment)}")
        workspace.mkdir(parents=True, exist_ok=True)
        with (workspace / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (workspace / "built").exists():
                for name, data in (beside or {}).items():
                    (workspace / name).parent.mkdir(parents=True, exist_ok=True)
                    (workspace / name).write_bytes(data)
                build = functools.partial(_build, environment, workspace, flags)
                kept_images.made(workspace.name, flags, image.program, build)
                (workspace / "built").touch()
        return image

    @contextlib.contextmanager
    def running(
        self, environment: str, workspace: Path, flags: str = "", beside: dict[str, bytes] | None = None
    ) -> Iterator[Running]:
        """A board with that image, found by tools whose PlatformIO workspace that is."""
        board = Running(_own(self.image(environment, flags, beside), workspace), workspace / "virtual" / environment)
        board.restart()
        try:
            yield board
        finally:
            board.stop()


def _own(image: Image, workspace: Path) -> Image:
    """The board `host` keeps its flash beside its program, so each board has a program of its own."""
    if _suffix(image.environment):
        return image
    program = workspace / f"{image.environment}-program" / "firmware"
    program.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(image.program, program)
    return Image(image.environment, program)


def _suffix(environment: str) -> str:
    return "" if environment.endswith("-host") else ".elf"


def own_platforms(workspace: Path) -> dict[str, str]:
    """PlatformIO keeps the link to the virtual platform once for all projects of a user; other checkouts change it."""
    return {"PLATFORMIO_PLATFORMS_DIR": str(workspace / "platforms")}


def _build(environment: str, workspace: Path, flags: str) -> None:
    command = [sys.executable, "-m", "platformio", "run", "-s", "-e", environment]
    given = os.environ | own_platforms(workspace)
    given |= {"PLATFORMIO_WORKSPACE_DIR": str(workspace), "PLATFORMIO_BUILD_FLAGS": flags}
    done = subprocess.run(
        command, cwd=ROOT, env=given, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stdout + done.stderr


def stop_all_below(folder: Path) -> None:
    """Ends the emulators that a killed test has left there."""
    for place, _, files in os.walk(folder):  # unlike rglob it goes on where a folder vanishes meanwhile
        if emulator_control.STATE in files:
            with contextlib.suppress(emulator_control.EmulatorError, OSError):
                emulator_control.stop(Path(place))
