"""Baselines: a board learns the normal state at the place where it is mounted.

python -m ml baseline vibration_anomaly learn --on PORT --windows 600    # while the machine runs as it should
python -m ml baseline vibration_anomaly keep --on PORT                   # for after the next start
python -m ml baseline vibration_anomaly show --on PORT
python -m ml baseline vibration_anomaly clear --on PORT                  # back to the firmware's model
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.progress import Progress

from ml.cli import Between
from ml.data.reading import read_recording
from ml.data.recordings import ACCEL_PER_G
from ml.errors import UserError
from ml.files import replace_file
from ml.link.baseline import Baseline
from ml.link.device import Device
from ml.native.anomaly import MEAN
from ml.native.anomaly import Baseline as Learnt
from ml.native.anomaly import Learnt as Modes
from ml.paths import ROOT
from ml.pipeline.contract import find
from ml.progress import console, say
from ml.train.training import to_int8
from ml.trial.committed import committed

APP = "vibration_anomaly"
LOOK_EVERY_S = 0.2
SUSPECT = 0.1  # of the kept windows: so many that look faulty are told
SILENT_S = 60.0  # without another window nothing is being learnt
ACTIONS = ("learn", "show", "keep", "clear", "save", "load")


@click.command()
@click.argument("app", metavar="APP", type=click.Choice([APP]))
@click.argument("action", type=click.Choice(ACTIONS))
@click.option("--on", "board", required=True, metavar="BOARD", help="A port, or a running virtual board.")
@click.option("--windows", default=600, show_default=True, type=click.IntRange(1, 65535), help="Windows to learn from.")
@click.option(
    "--recording",
    type=click.Path(exists=True, dir_okay=False),
    help="A recording to learn from, instead of the sensor.",
)
@click.option("--rate", type=Between(1), help="The rate of the recording in hertz; default: the sensor's.")
@click.option("--file", "file", type=click.Path(dir_okay=False), help="The file to save to or to load from.")
def baseline(
    app: str, action: str, *, board: str, windows: int, recording: str | None, rate: float | None, file: str | None
) -> None:
    """Let a board learn a baseline; show, keep or copy it."""
    copy = Path(file) if file else None
    if action in ("save", "load") and copy is None:
        raise UserError(f"{action}: expected --file, found none")
    with Device.open(board, app=app) as device:
        learning = Baseline(device)
        if action == "learn":
            learn(device, learning, windows, injector(device, Path(recording), rate) if recording else None)
        elif action == "save" and copy:
            replace_file(copy, learning.read())
        elif action == "load" and copy:
            learning.write(copy.read_bytes())
        elif action == "keep":
            learning.keep()
            say("kept (not without power on a virtual board)")
        elif action == "clear":
            learning.forget()
        for line in described(device, learning):
            click.echo(line)
        if action in ("learn", "load", "show"):
            warn(device, learning)


def injector(device: Device, path: Path, rate_hz: float | None) -> Callable[[], None]:
    """Something that puts the recording before the board in place of its sensor."""
    rate = rate_hz or device.info.streams[0].rate_mhz / 1000
    samples = read_recording(path, rate, find(APP).sensor).samples

    def run() -> None:
        device.inject(samples, round(rate * 1000))
        device.end_injection()

    return run


def learn(device: Device, learning: Baseline, windows: int, inject: Callable[[], None] | None = None) -> None:
    """Until so many windows are learnt, or the recording ends."""
    learning.begin(windows)
    if inject:
        inject()
        if (status := learning.status).wanted:
            _check_enough(device, learning, status.learnt)
            learning.stop()
        return
    heard, last = 0, time.monotonic()
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("learning", total=windows)
        while (status := learning.status).wanted:
            for _ in device.arrivals(LOOK_EVERY_S):
                pass
            if status.learnt != heard:
                heard, last = status.learnt, time.monotonic()
            does = device.statistics().machine
            if time.monotonic() - last > SILENT_S:
                raise UserError(
                    f"{device.port.name}: expected another steady window in {SILENT_S:g} s, found none, the machine "
                    f"being {does or 'unknown'}; {_advice(does)}. It goes on learning when the machine runs steadily"
                )
            bar.update(task, completed=status.learnt, description=f"learning, machine {does}")


def _check_enough(device: Device, learning: Baseline, learnt: int) -> None:
    """Refuses to end with fewer windows than the board can use, which it then forgets."""
    least = 2 * Learnt(learning.read()).features
    if learnt >= least:
        return
    does = device.statistics().machine
    learning.forget()
    raise UserError(
        f"expected at least {least} steady windows in the recording, found {learnt}, the machine being "
        f"{does or 'unknown'} at its end; {_advice(does)}. Nothing was learnt"
    )


def _advice(does: str) -> str:
    """What to do when there is nothing to learn from."""
    if does == "off":
        return "switch it on, or, if it runs, fix the sensor where it shakes more"
    return "let it run at one speed for a minute or longer"


def warn(device: Device, learning: Baseline) -> None:
    """Says so if what was learnt looks faulty to the firmware's own model, whose header must be at hand."""
    learnt, firmware = Learnt(learning.read()), device.info.model
    header = ROOT / "lib" / f"{APP}_model"
    if firmware is None or not learnt.windows or learning.status.wanted or not header.is_dir():
        return
    made = committed(find(APP), header)
    if made.model.model.hash.decode() != firmware.hash or not learnt.valid(learnt.features, firmware.hash):
        return
    level = to_int8(made.app.scores(made.model, learnt.kept))[:, 1] + 128.0
    faulty = int((level >= made.config.threshold[1]).sum())
    if faulty > SUSPECT * len(learnt.kept):
        say(
            f"warning: {faulty} of {len(learnt.kept)} kept windows are faults by the firmware's own model. Either that "
            "was trained with another machine, or this one was faulty while the board learnt, and the fault counts as "
            "normal now: have the machine checked, then learn again"
        )


def described(device: Device, learning: Baseline) -> list[str]:
    """Lines for people."""
    status, learnt = learning.status, Learnt(learning.read())
    if status.wanted:
        return [f"learning: {status.learnt} of {status.wanted} windows"]
    model = device.info.model
    if not learnt.windows or model is None or not learnt.valid(learnt.features, model.hash):
        return ["nothing learnt: the firmware's own model is in use"]
    app: Any = find(APP)
    how = app.config.mixture.learning(app.front_end(device.info.streams[0].rate_mhz))
    modes = learnt.modes(how)
    kept = f"learnt from {learnt.windows} windows, {len(learnt.kept)} kept; {learnt.saturated} values were cut off"
    if modes is None:
        return [kept, "the board cannot use it; learn again"]
    lines = [kept, *(_described_mode(modes, number, how.level_every) for number in range(len(modes.windows)))]
    if modes.left_out:
        lines.append(f"{modes.left_out} kept windows belong to no way of running: let the board learn longer there")
    return lines


def _described_mode(modes: Modes, number: int, level_every: int) -> str:
    """Its level of each axis is an RMS in mg, the axis that gravity pulls first."""
    app: Any = find(APP)
    front_end = app.config.front_end
    steps = modes.gaussians[number].mean[0, ::level_every] / MEAN
    octaves = steps / front_end.level_steps + front_end.level_centre
    levels = ", ".join(f"{1000 * 2 ** (one / 2) / ACCEL_PER_G:.3g}" for one in octaves)
    return (
        f"way of running {number + 1}: {modes.windows[number]} windows, shakes by {levels} mg, "
        f"threshold {modes.thresholds[number]} of its distance"
    )
