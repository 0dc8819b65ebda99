"""The applications' firmware for the host board, under AddressSanitizer and UndefinedBehaviorSanitizer.

program = sanitized("vibration_anomaly")       # compiled once, cached by content
with Firmware(program, folder) as firmware:    # a process; what it keeps lies in the folder
    frames = firmware.exchange(line, answers=1)
"""

import functools
import os
import re
import select
import subprocess
import time
from configparser import ConfigParser
from pathlib import Path

from ml.link.frames import Decoder, Frame
from ml.link.messages import Type
from ml.native.build import archive, compile_program
from ml.paths import CACHE, ROOT
from tests.update.monocypher_files import folder as monocypher

APPS = (
    "fall_detection",
    "gesture_recognition",
    "keyword_spotting",
    "power_logger",
    "sensor_capture",
    "vibration_anomaly",
)
FLAGS = ["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
BOARD = ["-DBOARD_HOST", '-DTHIMBLE_BOARD="host"']
PARTS = ("board/src/host", "board/src/virtual", "service/src", "frontend/src", "anomaly/src", "decide/src")
PARTS += ("ina/src", "learn/src")
# Parts that see an application's own flags: compiled for it alone.
OWN = {"power_logger": ("service/src",), "sensor_capture": ("service/src", "board/src/virtual")}
OWN |= {"vibration_anomaly": ("frontend/src", "anomaly/src")}
FIELD = ("field/src", "update/src", "image/src")
MORE = [ROOT / "lib" / part / "include" for part in ("ina", "field", "update", "image")]
UPDATES = ["-DFIELD_UPDATES=1", "-DLINK_MAX_PAYLOAD=896", f"-isystem{monocypher(CACHE)}", "-Wno-sign-conversion"]
PATIENCE_S = 60.0
# The firmware handles faults itself, as a board does; here they shall end the process.
SANITIZERS = {
    "ASAN_OPTIONS": "allow_user_segv_handler=0:handle_abort=2:handle_sigill=2:detect_leaks=0",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}


@functools.cache
def sanitized(app: str) -> Path:
    """The program; it speaks the link on its standard input and output."""
    own = [*BOARD, *_flags_of(app)]
    takes_models = "-DFIELD_UPDATES=1" in own
    archives = [_archive(FIELD, [*BOARD, *UPDATES])] if takes_models else []
    archives += [_archive(OWN[app], own)] if app in OWN else []
    archives += [
        _archive((*PARTS, "link/src", "spotter/src", "health/src"), [*BOARD, *UPDATES] if takes_models else BOARD)
    ]
    archives += [archive("nn", sorted((ROOT / "lib/nn/src").rglob("*.c")), flags=FLAGS)]
    includes = [ROOT / f"lib/{app}_model", *MORE]
    return compile_program(
        f"{app}-sanitized", ROOT / f"apps/{app}/src/main.cpp", archives, includes=includes, flags=[*FLAGS, *own]
    )


def _archive(parts: tuple[str, ...], flags: list[str]) -> Path:
    sources = [source for part in parts for source in sorted((ROOT / "lib" / part).glob("*.c"))]
    return archive("firmware-sanitized", sources, includes=MORE, flags=[*FLAGS, *flags])


def _flags_of(app: str) -> list[str]:
    """What apps/APP/app.ini gives its environment for the host board."""
    ini = ConfigParser(interpolation=None, inline_comment_prefixes=(";",))
    ini.read([ROOT / "boards" / "host.ini", ROOT / "apps" / app / "app.ini"])
    text = ini.get(f"env:{app}-host", "build_flags", fallback=ini["board:host"]["build_flags"])
    return re.sub(r"\$\{([^.}]+)\.(\w+)\}", lambda found: ini[found[1]][found[2]], text).replace("-D ", "-D").split()


class Firmware:
    """A board as a process; ends with the context."""

    def __init__(self, program: Path, folder: Path) -> None:
        link = folder / "firmware"  # what it keeps lies beside its program
        if not link.exists():
            link.symlink_to(program)
        self.errors = (folder / "stderr").open("w+b")
        self.process = subprocess.Popen(
            [link], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, env=os.environ | SANITIZERS
        )
        os.set_blocking(self.process.stdin.fileno(), False)
        self.decoder = Decoder()

    def __enter__(self) -> "Firmware":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()
        self.errors.close()

    def exchange(self, line: bytes, answers: int) -> list[Frame]:
        """Sends the bytes; what came until so many replies are there. AssertionError where they do not come."""
        frames: list[Frame] = []
        end = time.monotonic() + PATIENCE_S
        while line or sum(frame.type == Type.REPLY for frame in frames) < answers:
            line = line[self._step(line, frames) :]
            assert time.monotonic() < end, f"expected {answers} replies, found {len(frames)} frames and then silence"
        return frames

    def until(self, kind: Type) -> Frame:
        """The next frame of a type, whatever comes before it."""
        frames: list[Frame] = []
        end = time.monotonic() + PATIENCE_S
        while not any(frame.type == kind for frame in frames):
            self._step(b"", frames)
            assert time.monotonic() < end, f"expected {kind.name}, found silence"
        return next(frame for frame in frames if frame.type == kind)

    def _step(self, line: bytes, frames: list[Frame]) -> int:
        """Waits for the process to take or give bytes; how many it took."""
        inlet, outlet = self.process.stdin.fileno(), self.process.stdout.fileno()
        readable, writable, _ = select.select([outlet], [inlet] if line else [], [], 1.0)
        if readable:
            data = os.read(outlet, 65536)
            assert data, f"the firmware ended:\n{self.report()}"
            frames += [item for item in self.decoder.feed(data) if isinstance(item, Frame)]
        try:
            return os.write(inlet, line) if writable else 0
        except BrokenPipeError:
            raise AssertionError(f"the firmware ended:\n{self.report()}") from None

    def report(self) -> str:
        """What the sanitizers said."""
        self.process.wait(10)
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")[:4000]
