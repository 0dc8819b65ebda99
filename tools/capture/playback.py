"""Plays the last take again: as sound if there is a sound device, otherwise (and for motion) as a picture."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ml.capture.last import Last
from ml.capture.reading import read
from tools.capture.textplot import picture

PLAYERS = (  # what systems bring; each ends with the sound
    ("aplay", "-q"),
    ("pw-play",),
    ("paplay",),
    ("afplay",),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
)


def play(path: Path) -> bool:
    """To a sound device; False where there is none, or no program that plays to it."""
    for name, *options in PLAYERS:
        program = shutil.which(name)
        if program is None:
            continue
        done = subprocess.run(
            [program, *options, str(path)], stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        if done.returncode == 0:
            return True
    return False


def show(last: Last) -> Iterator[str]:
    """Plays what can be heard; lines of text for all of it."""
    for row, path in zip(last.rows, last.files, strict=True):
        heard = path.suffix == ".wav" and play(path)
        yield f"{row['file']}  {row['label']}  {row['status']}" + ("  played" if heard else "")
        yield from picture(*read(path, float(row["sample_rate_hz"])))
