"""From recordings to a flashed board that recognises gestures: what `make demo` runs.

python tools/demo.py                # simulated people
python tools/demo.py --data DIR     # a folder with a manifest.csv
python tools/demo.py --quick        # a training of seconds
"""

import csv
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.console import Console
from rich.table import Table

from ml.cli import run_cli
from ml.data.manifest import listed
from ml.data.synthesis.takes import generate
from ml.errors import UserError
from ml.evaluate.parity import OnDevice, Parity
from ml.evaluate.streams import Scored, match, spans
from ml.gesture_recognition.app import GestureRecognition
from ml.link.device import Device
from ml.link.messages import Model
from ml.link.sensor_bus import Player
from ml.paths import ROOT
from ml.pipeline.judge import read_decision
from ml.pipeline.run import Run, last
from ml.report import device as device_report
from ml.report import page
from ml.trial.on_board import Played, Sighting
from ml.trial.stream_command import as_shipped, check_equal, play_with_progress
from ml.trial.verify import compare, compiled_model, on_device

APP = "gesture_recognition"
BOARD = "virtual"
ENVIRONMENT = f"{APP}-{BOARD}"
console = Console(highlight=False)


def headline(number: int, text: str) -> None:
    console.print(f"\n[bold]{number}. {text}[/bold]")


def call(*command: str) -> None:
    """Runs a step as the user would, its output on the screen."""
    console.print(f"   $ {' '.join(command)}", style="dim", soft_wrap=True)
    names = {"python": [sys.executable], "pio": [sys.executable, "-m", "platformio"]}
    status = subprocess.run([*names[command[0]], *command[1:]], cwd=ROOT, check=False).returncode
    if status != 0:
        sys.exit(status)  # it has said why


def build() -> dict[str, int]:
    """Builds the firmware; returns its flash and static RAM in bytes, as PlatformIO counts them."""
    command = [sys.executable, "-m", "platformio", "run", "-e", ENVIRONMENT]
    console.print(f"   $ pio run -e {ENVIRONMENT}", style="dim")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    lines = re.findall(r"^(RAM|Flash):.*used (\d+) bytes.*$", done.stdout, re.MULTILINE)
    if done.returncode != 0 or not lines:
        raise UserError(f"expected a firmware, found that its build failed; run: pio run -e {ENVIRONMENT}")
    for line in re.findall(r"^(?:RAM|Flash):.*$", done.stdout, re.MULTILINE):
        console.print(f"   {line}", markup=False)
    return {name: int(used) for name, used in lines}


def watch(run: Run, scored: Scored, device: Device) -> Played:
    """Plays a stream and prints each detection as the board reports it."""
    unseen = scored.stream
    hit: set[int] = set()
    labels = list(device.info.labels)
    happens = spans(unseen, labels, run.application().decision.tolerance_s)

    def show(one: Sighting) -> None:
        matched = match([one.detection], happens, labels)[0].hit
        right = matched is not None and matched not in hit
        hit.add(matched if matched is not None else -1)
        verdict = "[green]right[/green]" if right else "[red]false[/red]"
        console.print(
            f"   {one.time_us / 1e6:8.2f} s   {one.detection.label:<14} score {one.event.score:3}/255   "
            f"latency {one.event.latency_us / 1e3:6.2f} ms   {verdict}"
        )

    with Player.open(BOARD, APP) as player:
        return play_with_progress(scored, device, player, show)


def keep(run: Run, device: Device, played: Played, size: dict[str, int], parity: Parity) -> None:
    """device.json, for the report."""
    info, statistics = device.info, played.statistics
    layers = parity.target.cycles.items() if isinstance(parity.target, OnDevice) else ()
    kept = device_report.DeviceRun(
        board=info.board,
        model=_model(device).hash,
        cycles_hz=info.cycles_hz,
        exact=True,
        frontend_cycles=statistics.frontend.max,
        inference_cycles=statistics.inference.max,
        decide_cycles=statistics.decide.max,
        flash_bytes=size["Flash"],
        ram_bytes=size["RAM"],
        stack_bytes=statistics.stack,
        events=tuple(_event(one) for one in played.sightings),
        layer_cycles=tuple(layers),
    )
    device_report.save(kept, run.folder)


def _model(device: Device) -> Model:
    if device.info.model is None:
        raise UserError(f"expected firmware with a model, found none in it; build it with: pio run -e {ENVIRONMENT}")
    return device.info.model


def _event(one: Sighting) -> device_report.DeviceEvent:
    event = one.event
    cycles = event.frontend_cycles + event.inference_cycles + event.decide_cycles
    return device_report.DeviceEvent(one.detection.label, event.score, one.time_us, event.latency_us, cycles)


def summary(run: Run, device: Device, played: Played, size: dict[str, int], parity: Parity) -> Table:
    metrics = json.loads((run.folder / "metrics.json").read_text())
    table = Table(show_header=False, title="What came out", title_justify="left")
    for kind in ("float", "int8"):
        repetitions = metrics[kind]["repetitions"]
        table.add_row(f"{kind} accuracy", f"{metrics[kind]['accuracy']:.1%} of {repetitions} unseen repetitions")
    differing = len(parity.mismatches)
    table.add_row(
        "parity with TFLM", f"{differing} of {parity.windows} windows differ ({parity.bytes:,} bytes compared)"
    )
    table.add_row("flash", f"{size['Flash']:,} B of firmware")
    table.add_row("RAM", f"{size['RAM']:,} B static, {played.statistics.stack:,} B stack at the deepest")
    table.add_row("arena", f"{_model(device).arena:,} B")
    table.add_row("instructions per inference", f"{played.statistics.inference.max:,} (exact, counted by the emulator)")
    table.add_row("missed deadlines", f"{played.statistics.missed}")
    return table


def show(run: Run, people: Sequence[str]) -> None:
    """The run on the local page, until Ctrl-C at a terminal; elsewhere the command for it."""
    data = held_out(run, people)
    where = data.relative_to(ROOT) if data.is_relative_to(ROOT) else data
    command = ["python", "-m", "ml", "studio", "--data", str(where), "--connect", ENVIRONMENT, "--judge", APP]
    if sys.stdout.isatty():
        console.print("The page shows this run, and the board live (docs/studio.md); Ctrl-C ends the page:")
        page_until_interrupted(command)
    else:
        console.print("The page that shows this run, and the board live (docs/studio.md):")
        console.print(f"   .venv/bin/{' '.join(command)}", soft_wrap=True)


def page_until_interrupted(command: Sequence[str]) -> None:
    process = subprocess.Popen([sys.executable, *command[1:]], cwd=ROOT)
    try:
        process.wait()
    except KeyboardInterrupt:
        process.wait()  # Ctrl-C has reached it too


def held_out(run: Run, people: Sequence[str]) -> Path:
    """The recordings of the people whom the model has never met, as a data set that the page may add to."""
    app = GestureRecognition().quick() if run.quick else GestureRecognition()
    source = Path(run.data) if run.data else generate(app.config.synthesis, run.seed)
    rows = [row for row in listed(source)[1] if row.subject in people]
    made = run.folder / "studio"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    with (made / "manifest.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["file", "label", "subject", "sample_rate_hz", "source", "licence"])
        for number, row in enumerate(rows):
            name = f"{number:04}{row.path.suffix}"
            shutil.copy(row.path, made / name)
            table.writerow([name, row.label, row.subject, f"{row.rate_hz:.10g}", row.source, row.licence])
    return made


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--data", type=click.Path(), help="Folder with a manifest.csv; without it people are simulated.")
@click.option("--quick", is_flag=True, help="Train for seconds on fewer people; figures mean little.")
def demo(data: str | None, quick: bool) -> None:
    """Train, compile, flash the virtual board and watch it recognise gestures."""
    started = time.monotonic()
    headline(1, "Train, quantise and compile the gesture model")
    call("python", "-m", "ml", "run", APP, *(["--data", data] if data else []), *(["--quick"] if quick else []))
    run = last(APP)
    task = run.task()
    headline(2, "Build the firmware")
    size = build()
    headline(3, "Flash the board, an emulated Cortex-M4")
    call("pio", "run", "-e", ENVIRONMENT, "-t", "upload", "-s")
    unseen = task.app.streams(task.data.of(task.split.test), task.seed)[0]
    headline(4, f"Play {unseen.subject}, whom the model has never seen, into the board's motion sensor")
    with Device.open(BOARD, app=APP) as device:
        expected = as_shipped(run, task, read_decision(run.folder)).run(unseen)
        played = watch(run, expected.scored, device)
        check_equal(unseen.subject, expected.detections, played.detections)
        console.print("   Python, given the same recording, detects the same: event by event.")
        headline(5, "Compare every layer on the board with TensorFlow Lite Micro")
        parity = compare(run, on_device(run, compiled_model(run), device), f"{APP} on {BOARD}")
        device.end_injection()
        keep(run, device, played, size, parity)
        report = page.write(run.folder)
        console.print()
        console.print(summary(run, device, played, size, parity))
    console.print(f"report: {report}   ({time.monotonic() - started:.0f} s)", soft_wrap=True)
    show(run, task.split.test)
    console.print("The board goes on running. To watch it (Ctrl-C ends), and to stop it:")
    console.print(f"   .venv/bin/pio device monitor -e {ENVIRONMENT}\n   .venv/bin/python tools/emulator.py stop")


if __name__ == "__main__":
    run_cli(demo, "demo")
