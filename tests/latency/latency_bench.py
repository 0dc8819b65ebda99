"""A virtual board with gesture recognition, motion to play into it, and the real tool as a process."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.paths import ROOT

sys.path.append(str(ROOT / "platforms" / "virtual"))


APP = "gesture_recognition"
RATE_HZ, WINDOW, HOP = 33.3, 40, 4  # of its motion sensor, and in samples
SECONDS = 60  # of the recording
WAIT_S = 120.0  # generous: for a machine that has other work


@dataclass
class Done:
    """What the tool left."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        return json.loads(self.out)


class Tool:
    """`python tools/latency.py`, running."""

    def __init__(self, *words: object, workspace: Path | None = None, **popen: object) -> None:
        given = {"PLATFORMIO_WORKSPACE_DIR": str(workspace)} if workspace else {}
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "tools/latency.py"), *map(str, words)],
            cwd=ROOT,
            env=os.environ | given,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | popen,
        )

    def send(self, sign: int = signal.SIGINT) -> None:
        self._process.send_signal(sign)

    def done(self) -> Done:
        out, err = self._process.communicate(timeout=WAIT_S)
        return Done(self._process.returncode, out, err)


def run(*words: object, **options: object) -> Done:
    return Tool(*words, **options).done()


class Bench:
    """One board in a workspace of its own."""

    def __init__(self, folder: Path, environment: str) -> None:
        self.folder, self.environment = folder, environment
        self.console = folder / "virtual" / environment / "console"

    def start(self, *words: object, port: object = None, **popen: object) -> Tool:
        return Tool("--port", port or self.environment, *words, workspace=self.folder, **popen)

    def run(self, *words: object, port: object = None) -> Done:
        return self.start(*words, port=port).done()


def motion(path: Path, seconds: float, seed: int = 1) -> Path:
    """Two thirds of it a hand that moves, one third at rest."""
    count = round(seconds * RATE_HZ)
    random, time_s = np.random.default_rng(seed), np.arange(count) / RATE_HZ
    moves = (np.sin(2 * np.pi * time_s / 15) > -0.2)[:, None]
    waves = np.sin(2 * np.pi * np.outer(time_s, [2, 3.1, 1.7, 2, 1.1, 3])) * [6, 5, 4, 100, 80, 50]
    noise = random.normal(0, 1, (count, 6)) * [0.5, 0.5, 0.5, 5, 5, 5]
    values = (
        waves * moves + noise * np.maximum(moves, 0.03) + [0, 0, 9.80665, 0, 0, 0]
    )  # a sensor at rest has noise too
    np.savetxt(path, values, fmt="%.4f", delimiter=",", header="ax,ay,az,gx,gy,gz", comments="")
    return path


def windows_of(seconds: float) -> list[int]:
    """The numbers of those whose last sample is one of a recording of so long, after three seconds at rest."""
    rest = round(3 * RATE_HZ)
    last_samples = range(WINDOW, rest + round(seconds * RATE_HZ) + 1, HOP)
    return [number for number, last in enumerate(last_samples, 1) if last > rest]


def wait_for(condition: object) -> None:
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def rows_in(path: Path) -> int:
    """Whole lines of a CSV log."""
    return sum(line[:1].isdigit() for line in path.read_text().splitlines()) if path.exists() else 0
