"""Firmware that an earlier session built from the same: `pio run` takes seconds even where nothing has changed.

Of each environment with its flags the last image is kept, in `.cache/images`, under the hash of all that decides it.
"""

import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from ml.compare.measure import content
from ml.compare.repository import NEEDED
from ml.files import replacing
from ml.paths import CACHE, ROOT

IMAGES = CACHE / "images"
COMPILERS = ("arm-none-eabi-gcc", "gcc", "g++", "avr-gcc")
PATH = re.compile(r'"(/[^"]+)"')  # of a header that a flag names


def made(name: str, flags: str, program: Path, build: Callable[[], None]) -> None:
    """Puts the image of that name into `program`: the one that is kept, or what `build` leaves there."""
    kept = IMAGES / name / f"{_key(flags)}{program.suffix}"
    try:
        program.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(kept, program)
        return
    except FileNotFoundError:  # or another session has just put a newer one in its place
        build()
    with replacing(kept) as whole:
        shutil.copy2(program, whole)
    for other in kept.parent.iterdir():
        if other != kept and other.suffix != whole.suffix:
            other.unlink(missing_ok=True)


def _key(flags: str) -> str:
    """Of what an image is made of besides its name: sources, headers that flags name, the name of the build, tools."""
    headers = {path: Path(path).read_text() for path in PATH.findall(flags) if Path(path).is_file()}
    told = json.dumps([_sources(), headers, os.environ.get("SERVICE_BUILD", ""), _tools()], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:16]


@functools.cache
def _sources() -> str:
    return content(ROOT / name for name in NEEDED)


@functools.cache
def _tools() -> list[str]:
    there = [name for name in COMPILERS if shutil.which(name)]
    said = [subprocess.run([name, "--version"], capture_output=True, text=True, check=True).stdout for name in there]
    return [*said, metadata.version("platformio"), metadata.version("scons")]
