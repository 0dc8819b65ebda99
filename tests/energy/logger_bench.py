"""The power logger on a virtual board, with a recording of what flows through its shunt, and the real tool."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ml.errors import UserError
from ml.link.sensor_bus import Player, power_track
from ml.paths import ROOT

ASLEEP_A, AWAKE_A, VOLTS = 20e-6, 4e-3, 3.0
PERIOD, AWAKE = 0.1, 0.02  # seconds
ROWS_HZ = 10_000


class Logger:
    """An environment in a workspace of its own."""

    def __init__(self, folder: Path, board: str, flags: str = "") -> None:
        self.environment = f"power_logger-{board}"
        self.variables = os.environ | {"PLATFORMIO_WORKSPACE_DIR": str(folder), "PLATFORMIO_BUILD_FLAGS": flags}
        self.console = folder / "virtual" / self.environment / "console"

    @contextlib.contextmanager
    def running(self) -> Iterator["Logger"]:
        self._run("-m", "platformio", "run", "-s", "-e", self.environment, "-t", "upload")
        try:
            yield self
        finally:
            self._run("tools/emulator.py", "stop", self.environment)

    def _run(self, *words: str) -> None:
        done = subprocess.run(
            [sys.executable, *words], cwd=ROOT, env=self.variables, capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def power(self, *arguments: str, port: object = None) -> subprocess.CompletedProcess:
        command = [sys.executable, "tools/power.py", "--meter", f"ina@{port or self.console}", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.variables, capture_output=True, text=True, timeout=120, check=False
        )

    def figures(self, *arguments: str, port: object = None) -> dict:
        done = self.power(*arguments, "--json", port=port)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    @contextlib.contextmanager
    def playing(self, awake: np.ndarray, awake_a: float = AWAKE_A) -> Iterator[None]:
        """bool (n,) of each row; the mark is high where it is true."""
        player = Player.open(str(self.console))
        track = power_track(np.where(awake, awake_a, ASLEEP_A), VOLTS, awake)

        def play() -> None:
            with contextlib.suppress(
                UserError, TypeError, OSError
            ):  # the port is closed when the tool has what it wants
                player.play({"power": track}, silence_s=30)

        thread = threading.Thread(target=play, daemon=True)
        thread.start()
        try:
            yield
        finally:
            player.port.close()
            thread.join()


def periodic(seconds: float) -> np.ndarray:
    at = np.arange(round(seconds * ROWS_HZ)) / ROWS_HZ % PERIOD
    return (at >= PERIOD / 2) & (at < PERIOD / 2 + AWAKE)
