"""A virtual board of its own, recordings to play into it, and the tool as a process, for capture_bench.py in
tools/studies/."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import emulator_control
import numpy as np
import pandas as pd
import soundfile

from ml.data.recordings import ACCEL_PER_G, GRAVITY, GYRO_PER_DPS
from ml.errors import UserError
from ml.link.port import Port
from ml.link.sensor_bus import Player, Track
from ml.paths import ROOT

AXES = {"mic": 1, "imu": 6, "accel": 3}
RATES = {"mic": 16000, "imu": 400, "accel": 1600}
AFTER_S = 10.0  # recorded beyond what is played


class Bench:
    """A board of its own, and the tool as a process."""

    def __init__(self, folder: Path, board: str) -> None:
        self.folder, self.environment = folder, f"sensor_capture-{board}"
        self.console = folder / "virtual" / self.environment / "console"

    def upload(self, flags: str = "") -> None:
        given = os.environ | {"PLATFORMIO_WORKSPACE_DIR": str(self.folder), "PLATFORMIO_BUILD_FLAGS": flags}
        command = [sys.executable, "-m", "platformio", "run", "-s", "-e", self.environment, "-t", "upload"]
        if subprocess.run(command, cwd=ROOT, env=given, check=False).returncode:
            raise UserError(f"expected a firmware, found that its build failed; run: pio run -e {self.environment}")

    def stop(self) -> None:
        emulator_control.stop(self.console.parent)

    @contextmanager
    def recording(
        self, data: Path, seconds: float, streams: list[str], port: object = None
    ) -> Iterator[subprocess.Popen]:
        """The tool, from when every stream is being written."""
        named = ("--label", "bench", "--subject", "bench", "--session", data.name, "--streams", ",".join(streams))
        command = [
            sys.executable,
            ROOT / "tools/collect.py",
            "--data",
            data,
            "--port",
            port or self.environment,
            *named,
        ]
        command = [*map(str, command), "--seconds", f"{seconds:g}", "--yes"]
        given = os.environ | {"PLATFORMIO_WORKSPACE_DIR": str(self.folder)}
        process = subprocess.Popen(command, cwd=ROOT, env=given, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            while len(rows(data)) < len(streams):
                if process.poll() is not None:
                    raise UserError("expected the tool to record, found that it ended; run it by hand")
                time.sleep(0.05)
            yield process
            process.wait()
        finally:
            process.kill()

    def play(self, played: dict[str, np.ndarray], rates: dict[str, int] | None = None, realtime: bool = False) -> int:
        tracks = {name: Track(samples, 1000 * (rates or RATES)[name]) for name, samples in played.items()}
        with Player(Port(str(self.console.with_name("sensors")))) as player:
            return player.play(tracks, realtime=realtime)


@contextmanager
def bench(board: str) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory() as folder:
        made = Bench(Path(folder), board)
        try:
            yield made
        finally:
            made.stop()


def noise(seconds: float, rates: dict[str, int]) -> dict[str, np.ndarray]:
    """int16 of any value, 77 first: so that it is found again."""
    drawn = np.random.default_rng(1)
    made = {name: drawn.integers(-32768, 32768, (round(seconds * rate), AXES[name])) for name, rate in rates.items()}
    for samples in made.values():
        samples[0] = 77
    return {name: samples.astype(np.int16) for name, samples in made.items()}


def rows(data: Path) -> list[dict]:
    manifest = data / "manifest.csv"
    return pd.read_csv(manifest).to_dict("records") if manifest.exists() else []


def incidents(data: Path) -> list[str]:
    table = data / "incidents.csv"
    return [f"{row['count']} {row['kind']}" for row in pd.read_csv(table).to_dict("records")] if table.exists() else []


def counts(path: Path) -> np.ndarray:
    """int16 (n, axes) of a file, as the sensor gave them."""
    if path.suffix == ".wav":
        return soundfile.read(path, dtype="int16", always_2d=True)[0]
    table = pd.read_csv(path).drop(columns="timestamp_us")
    scale = [ACCEL_PER_G / GRAVITY if name[0] == "a" else GYRO_PER_DPS for name in table]
    return np.rint(table.to_numpy() * scale).astype(np.int16)


def difference(data: Path, played: dict[str, np.ndarray]) -> str:
    """What is not as it was played; "" where one file of each stream holds all of it, byte for byte.

    Before and after it the board lies still in real time, and a host that is too busy may cost samples there.
    """
    for name, samples in played.items():
        found = [row for row in rows(data) if row["sensor"] == name]
        if not any(holds(counts(data / row["file"]), samples) for row in found):
            return f"{name} is not as it was played, in {len(found)} pieces: {', '.join(incidents(data))}"
    return ""


def holds(recorded: np.ndarray, samples: np.ndarray) -> bool:
    heads = np.flatnonzero((recorded == 77).all(axis=1))
    return len(heads) > 0 and np.array_equal(recorded[heads[0] : heads[0] + len(samples)], samples)


def size(played: dict[str, np.ndarray]) -> int:
    return sum(samples.nbytes for samples in played.values())
