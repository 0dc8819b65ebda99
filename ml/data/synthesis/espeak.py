"""espeak-ng as a speaker: text in, sound out. The same version, voice and text always give the same samples."""

import functools
import io
import subprocess
from dataclasses import dataclass

import numpy as np
import soundfile

from ml.errors import UserError

PROGRAM = "espeak-ng"
TIMEOUT_S = 60
ACCENTS = (
    *("en-us", "en-gb", "en-gb-scotland", "en-gb-x-gbclan"),
    *("en-gb-x-rp", "en-gb-x-gbcwmd", "en-029", "en-us-nyc"),
)
VARIANTS = (  # those that sound like people; robots, whispers and effects are left out
    *("f1", "f2", "f3", "f4", "f5", "m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "adam", "Alex", "Alicia"),
    *("Andrea", "Andy", "Annie", "anika", "antonio", "aunty", "belinda", "benjamin", "boris", "caleb", "david"),
    *("Denis", "Diogo", "ed", "edward", "edward2", "Gene", "Gene2", "grandma", "grandpa", "Gustave", "Henrique"),
    *("Hugo", "iven", "iven2", "iven3", "iven4", "Jacky", "john", "klatt", "klatt2", "klatt3", "klatt4", "Lee"),
    *("linda", "marcelo", "Marco", "Mario", "Max", "Michael", "michel", "miguel", "mike", "Mr", "Nguyen", "norbert"),
    *("pablo", "paul", "pedro", "quincy", "rob", "robert", "sandro", "shelby", "steph", "steph2", "steph3", "travis"),
    *("victor", "zac"),
)


@dataclass(frozen=True)
class Manner:
    """How something is said."""

    voice: str  # an accent, "+" and a variant
    speed: int  # words a minute, 80..450
    pitch: int  # 0..99


@functools.cache
def version() -> str:
    """Of the program, "1.51"."""
    words = _run(["--version"]).decode(errors="replace").split()
    return next((word for word in words if word[0].isdigit()), "unknown")


def speak(text: str, manner: Manner) -> tuple[np.ndarray, int]:
    """Float samples (n,), full scale 1, and their rate in hertz."""
    options = ["-v", manner.voice, "-s", str(manner.speed), "-p", str(manner.pitch)]
    sound = _run([*options, "-z", "--stdout", "--", text])
    try:
        return soundfile.read(io.BytesIO(sound))
    except soundfile.SoundFileError:
        raise UserError(f"{PROGRAM}: expected sound for {text[:40]!r}, found {len(sound)} bytes of something") from None


@functools.cache
def phonemes(text: str) -> str:
    """What is heard, without stress: two words with the same sound the same."""
    heard = _run(["-q", "-x", "-v", ACCENTS[0], "--", text]).decode(errors="replace")
    return "".join(letter for letter in heard if letter.isalnum() or letter == "@")


def _run(arguments: list[str]) -> bytes:
    try:
        done = subprocess.run(
            [PROGRAM, *arguments], capture_output=True, check=False, timeout=TIMEOUT_S, stdin=subprocess.DEVNULL
        )
    except FileNotFoundError:
        raise UserError(
            "expected espeak-ng, which speaks the words, found none; install it with `python tools/setup.py`"
        ) from None
    except subprocess.TimeoutExpired:
        raise UserError(f"{PROGRAM}: expected speech, found none after {TIMEOUT_S} s; try again") from None
    if done.returncode != 0:
        raise UserError(f"{PROGRAM}: expected speech, found: {done.stderr.decode(errors='replace').strip()[:200]}")
    return done.stdout
