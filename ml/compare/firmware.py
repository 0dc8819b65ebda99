"""The size of a whole firmware: `pio run -e APP-virtual` of a side, remembered by the content of all its sources."""

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from ml.compare.measure import content, remembered
from ml.compare.repository import NEEDED
from ml.errors import UserError
from ml.paths import CACHE
from ml.profile.image import compiler

WORKSPACE = CACHE / "compare" / "firmware"
BOARD = "virtual"
REASON = re.compile(r"error|undefined reference|overflow|not found", re.IGNORECASE)


@dataclass(frozen=True)
class Size:
    """Bytes, as linked; RAM with whatever stack the linker script sets aside."""

    flash: int
    ram: int


def firmware(project: Path, app: str) -> Size:
    """Of the application of a project."""
    inputs = {"app": app, "project": content([project / name for name in NEEDED]), "compiler": compiler()}
    return Size(**remembered("firmware", inputs, lambda: asdict(_build(project, f"{app}-{BOARD}"))))


def _build(project: Path, environment: str) -> Size:
    WORKSPACE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORKSPACE) as workspace:
        # Platforms too: PlatformIO would remember the folder of a commit among the user's own.
        places = {"PLATFORMIO_WORKSPACE_DIR": workspace, "PLATFORMIO_PLATFORMS_DIR": str(Path(workspace, "platforms"))}
        command = [sys.executable, "-m", "platformio", "run", "-s", "-e", environment]
        options = {"capture_output": True, "text": True, "stdin": subprocess.DEVNULL}
        done = subprocess.run(command, cwd=project, env=os.environ | places, check=False, **options)
        if done.returncode:
            raise UserError(f"{environment}: PlatformIO could not build it: {_reason(done.stderr + done.stdout)}")
        return size(Path(workspace, "build", environment, "firmware.elf"))


def _reason(said: str) -> str:
    """The first line that tells what is wrong."""
    return next((line.strip() for line in said.splitlines() if REASON.search(line)), "no message")


def size(image: Path) -> Size:
    """What an image takes of flash (constants, code, and the image of initialised data) and of RAM."""
    with image.open("rb") as file:
        taken = [s.header for s in ELFFile(file).iter_sections() if s["sh_flags"] & SH_FLAGS.SHF_ALLOC]
    flash = sum(one["sh_size"] for one in taken if one["sh_type"] != "SHT_NOBITS")
    return Size(flash, sum(one["sh_size"] for one in taken if one["sh_flags"] & SH_FLAGS.SHF_WRITE))
