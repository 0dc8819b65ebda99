"""Measures tools/collect.py against a virtual board; docs/capture.md has the figures.

python tools/studies/capture_bench.py lossless --minutes 10      # every sample that was played, byte for byte
python tools/studies/capture_bench.py load                       # processor share at 32 kB/s
python tools/studies/capture_bench.py rate                       # the highest rate held without loss
python tools/studies/capture_bench.py recovery                   # what each fault costs
"""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.append(str(Path(__file__).resolve().parents[2] / "platforms" / "virtual"))

import click
import psutil

from ml.cli import run_cli
from ml.link.frames import Frame
from ml.link.messages import Command, Type
from tools.capture.bench import AFTER_S, Bench, bench, difference, noise, rows, size
from tools.capture.faulty import Faults, FaultyLine

FAULT_S = 1.5  # how long a port is away; a stall is two seconds


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
