"""The power logger on a virtual board, with a recording of what flows through its shunt, and the real tool."""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator

import numpy as np

from ml.errors import UserError
from ml.link.sensor_bus import Player, power_track
from ml.paths import ROOT
from tests.firmware import Running

ASLEEP_A, AWAKE_A, VOLTS = 20e-6, 4e-3, 3.0
PERIOD, AWAKE = 0.1, 0.02  # seconds
ROWS_HZ = 10_000


class Logger:
    """A running board."""

    def __init__(self, board: Running) -> None:
        self.console = board.console

    def power(self, *arguments: str, port: object = None) -> subprocess.CompletedProcess:
        command = [sys.executable, "tools/power.py", "--meter", f"ina@{port or self.console}", *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)

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
