"""Measures tools/collect.py against a virtual board; docs/capture.md has the figures.

python tools/capture_bench.py lossless --minutes 10      # every sample that was played, byte for byte
python tools/capture_bench.py load                       # processor share at 32 kB/s
python tools/capture_bench.py rate                       # the highest rate held without loss
python tools/capture_bench.py recovery                   # what each fault costs
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.append(str(Path(__file__).resolve().parents[1] / "platforms" / "virtual"))

import click
import emulator_control
import numpy as np
import pandas as pd
import psutil
import soundfile

from ml.cli import run_cli
from ml.data.recordings import ACCEL_PER_G, GRAVITY, GYRO_PER_DPS
from ml.errors import UserError
from ml.link.frames import Frame
from ml.link.messages import Command, Type
from ml.link.port import Port
from ml.link.sensor_bus import Player, Track
from ml.paths import ROOT
from tools.capture.faulty import Faults, FaultyLine

AXES = {"mic": 1, "imu": 6, "accel": 3}
RATES = {"mic": 16000, "imu": 400, "accel": 1600}
AFTER_S = 10.0  # recorded beyond what is played
FAULT_S = 1.5  # how long a port is away; a stall is two seconds


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

    def play(self, played: dict[str, np.ndarray], rates: dict[str, int] | None = None, **options: object) -> int:
        tracks = {name: Track(samples, 1000 * (rates or RATES)[name]) for name, samples in played.items()}
        with Player(Port(str(self.console.with_name("sensors")))) as player:
            return player.play(tracks, **options)


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


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Measures tools/collect.py against a virtual board."""


@cli.command()
@click.option("--board", default="virtual", show_default=True)
@click.option("--minutes", type=float, default=10.0, show_default=True)
def lossless(board: str, minutes: float) -> None:
    """Sound at 16 kHz and motion at 400 Hz together, as fast as the board can."""
    played = noise(60 * minutes, {"mic": 16000, "imu": 400})
    with bench(board) as made:
        made.upload()
        data = made.folder / "data"
        with made.recording(data, 60 * minutes + AFTER_S, list(played)):
            started = time.monotonic()
            lost = made.play(played)
            took = time.monotonic() - started
        wrong = difference(data, played)
        click.echo(
            f"{board}: {minutes:g} min of sound and motion, {size(played):,} bytes in {took:.0f} s "
            f"({60 * minutes / took:.1f} times real time); lost by the board: {lost}; "
            f"{wrong or 'the files are equal to what was played, byte for byte'}"
        )
    if wrong or lost:
        sys.exit(1)


@cli.command()
@click.option("--seconds", type=float, default=30.0, show_default=True)
def load(seconds: float) -> None:
    """Processor time of the tool while 32 kB/s of sound come in real time."""
    played = noise(seconds + 2, {"mic": 16000})
    with bench("host") as made:
        made.upload()
        data = made.folder / "data"
        with made.recording(data, seconds + AFTER_S, ["mic"]) as process:
            player = threading.Thread(target=made.play, args=(played,), kwargs={"realtime": True})
            player.start()
            time.sleep(1)
            share = cpu_share(process.pid, seconds)
            player.join()
        click.echo(
            f"{share:.1%} of one processor at 32 kB/s, over {seconds:g} s; {difference(data, played) or 'nothing lost'}"
        )


def cpu_share(pid: int, seconds: float) -> float:
    process = psutil.Process(pid)
    before, started = sum(process.cpu_times()[:2]), time.monotonic()
    time.sleep(seconds)
    return (sum(process.cpu_times()[:2]) - before) / (time.monotonic() - started)


@cli.command()
@click.option("--seconds", type=float, default=10.0, show_default=True)
def rate(seconds: float) -> None:
    """In real time: sound at 48 kHz and an accelerometer that is made faster and faster; then as fast as it goes."""
    with bench("host") as made:
        for accel in (6400, 12800, 25600, 51200):
            rates = {"mic": 48000, "accel": accel}
            flags = f"-D CAPTURE_IMU_RATE_MHZ=0 -D CAPTURE_MIC_RATE_MHZ=48000000 -D CAPTURE_ACCEL_RATE_MHZ={accel}000"
            made.upload(flags)
            one_rate(made, rates, seconds, realtime=True)
        one_rate(made, rates, seconds, realtime=False)


def one_rate(made: Bench, rates: dict[str, int], seconds: float, realtime: bool) -> None:
    played = noise(seconds, rates)
    data = made.folder / f"data{rates['accel']}{realtime}"
    with made.recording(data, seconds + AFTER_S, list(played)):
        started = time.monotonic()
        lost = made.play(played, rates, realtime=realtime)
        took = time.monotonic() - started
    held = "held" if not lost and not difference(data, played) else f"NOT HELD: {lost} lost, {difference(data, played)}"
    pace = "in real time" if realtime else "as fast as it goes"
    click.echo(
        f"mic {rates['mic']} Hz, accel {rates['accel']} Hz, {pace}: {size(played) / took / 1000:.0f} kB/s {held}"
    )


@cli.command()
def recovery() -> None:
    """What each fault costs of sound and motion that come in real time."""
    faults: dict[str, tuple[float, Callable[[FaultyLine], None]]] = {
        "8 bytes dropped": (0, lambda line: once(line, Faults(drop=1e-3))),
        "a bit flipped": (0, lambda line: once(line, Faults(flip=1e-3))),
        "8 bytes inserted": (0, lambda line: once(line, Faults(insert=1e-3))),
        "a frame repeated": (0, lambda line: once(line, Faults(repeat=0.2))),
        "frames exchanged": (0, lambda line: once(line, Faults(swap=0.2))),
        "a stall of 2 s": (2.0, lambda line: line.stall(2.0)),
        f"a port away for {FAULT_S} s": (FAULT_S, lambda line: line.vanish(FAULT_S)),
        "a restart of the board": (0, reset),
    }
    with bench("host") as made:
        made.upload()
        for number, (name, (fault_s, do)) in enumerate(faults.items()):
            cost = one_fault(made, number, do)
            told = ", ".join(f"{stream} {lost:.3f} s" for stream, lost in cost.items())
            click.echo(f"{name}: missing {told}" + (f" (the fault itself took {fault_s:g} s)" if fault_s else ""))


def one_fault(made: Bench, number: int, do: Callable[[FaultyLine], None]) -> dict[str, float]:
    """Seconds of each stream that are missing afterwards."""
    data, rates = made.folder / f"data{number}", {"mic": 16000, "imu": 400}
    with (
        FaultyLine(str(made.console), made.folder / "port", seed=number) as line,
        made.recording(data, 6, list(rates), made.folder / "port"),
    ):
        time.sleep(1.5)
        do(line)
    lost = dict.fromkeys(rates, 0)
    for row in rows(data):
        lost[row["sensor"]] += row["lost_before"] + row["lost_after"]
    return {name: samples / rates[name] for name, samples in lost.items()}


def once(line: FaultyLine, faults: Faults) -> None:
    """One such fault."""
    line.faults, before = faults, line.done
    while line.done == before:
        time.sleep(0.001)
    line.faults = Faults()


def reset(line: FaultyLine) -> None:
    line.send(Frame(Type.COMMAND, sequence=1, payload=bytes([Command.RESET_BOARD])).encode())


if __name__ == "__main__":
    run_cli(cli, "capture_bench.py")
