"""The virtual boards that run in the background: what runs, stop it, play recordings into its sensors.

    python tools/emulator.py status
    python tools/emulator.py play gesture_recognition-virtual recording.csv
    python tools/emulator.py stop gesture_recognition-virtual

Boards are started by PlatformIO: pio run -e ENV -t upload.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.append(str(Path(__file__).resolve().parents[1] / "platforms" / "virtual"))

import emulator_control
import soundfile
from rich.progress import Progress

from ml.cli import Between, run_cli
from ml.data import recordings
from ml.errors import UserError
from ml.link.port import workspace
from ml.link.sensor_bus import Player, Track
from ml.printable import printable


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """The virtual boards that run in the background. `pio run -e ENV -t upload` starts them."""


@cli.command()
def status() -> None:
    """What runs, since when, and what ended without being asked to."""
    boards = known()
    if not boards:
        return click.echo("no virtual board is running; start one: pio run -e gesture_recognition-virtual -t upload")
    for name, folder in boards.items():
        click.echo(f"{name:<32} {describe(folder)}")


def describe(folder: Path) -> str:
    if (last := emulator_control.crashed(folder)) is not None:
        return f"crashed: {last}"
    emulator = emulator_control.running(folder)
    if emulator is None:
        return f"in an unknown state: {emulator_control.STATE} cannot be read; stop it: emulator.py stop {folder.name}"
    minutes = (time.time() - emulator.started) / 60
    return f"running for {minutes:.0f} min, process {emulator.pid}, console {folder / emulator_control.CONSOLE}"


@cli.command()
@click.argument("environment", required=False)
@click.option("--all", "everything", is_flag=True, help="Every virtual board of this project.")
def stop(environment: str | None, everything: bool) -> None:
    """Stops a virtual board and removes what it left; without a name, the only one."""
    boards = known()
    if not boards and environment is None:
        return click.echo("no virtual board is running")
    for name in boards if everything else [choose(environment, boards)]:
        guarded(emulator_control.stop, boards[name])
        click.echo(f"{name} stopped")


@cli.command()
@click.argument("environment")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--rate", type=Between(0, min_open=True), help="Samples per second of CSV files without timestamps.")
@click.option("--realtime", is_flag=True, help="At the recording's pace; else as fast as the board can.")
@click.option("--restart", is_flag=True, help="Reset the board first: the same times and cycle counts on every run.")
def play(environment: str, files: tuple[Path, ...], rate: float | None, realtime: bool, restart: bool) -> None:
    """Plays recordings, one after the other: CSV into the IMU or, without gx,gy,gz, into the accelerometer, WAV and
    FLAC into the microphone.

    CSV columns: ax,ay,az in m/s2 (or lax,lay,laz without gravity), gx,gy,gz in degrees per second.
    """
    tracks = [read(path, rate) for path in files]  # all of them before the first is played
    with Player.open(environment) as player, Progress(transient=True) as progress:
        for path, track in zip(files, tracks, strict=True):
            task = progress.add_task(path.name)
            lost = player.play(
                track,
                restart=restart and path == files[0],
                realtime=realtime,
                progress=lambda done, total, task=task: progress.update(task, completed=done, total=total),
            )
            note = f", {lost} lost: the application read them too late" if lost else ""
            count = sum(len(each.samples) for each in track.values())
            progress.console.print(printable(f"{path}: {count} samples{note}"), markup=False)


def read(path: Path, rate: float | None) -> dict[str, Track]:
    """A recording for the sensor that it fits."""
    if path.suffix.lower() == ".csv":
        recording = recordings.read(path, rate)
        return {recording.sensor: Track(recording.samples, recording.rate_mhz)}
    try:
        samples, hz = soundfile.read(path, dtype="int16", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        raise UserError(f"{path}: expected CSV, WAV or FLAC, cannot read it ({str(error).splitlines()[0]})") from None
    return {"mic": Track(samples[:, 0].copy(), 1000 * hz)}


def known() -> dict[str, Path]:
    """Environments whose emulator was started and not stopped since, and their folders."""
    return {folder.name: folder for folder in emulator_control.folders(workspace())}


def choose(environment: str | None, boards: dict[str, Path]) -> str:
    if environment in boards:
        return environment
    if environment is None and len(boards) == 1:
        return next(iter(boards))
    expected = "the name of an environment" if environment is None else f"{environment} to be running"
    raise UserError(f"expected {expected}, found running: {', '.join(boards) or 'none'}; see: emulator.py status")


def guarded(action: Callable, *arguments: object) -> object:
    try:
        return action(*arguments)
    except emulator_control.EmulatorError as error:
        raise UserError(str(error)) from None


if __name__ == "__main__":
    run_cli(cli, "emulator.py")
