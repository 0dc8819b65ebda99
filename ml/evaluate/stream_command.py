"""`python -m ml stream APP --on host|virtual|virtual-m3`: held-out people as continuous streams."""

import json
import sys
from collections.abc import Callable

import click
import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from ml.app import APPS
from ml.data.streams import Stream
from ml.errors import UserError
from ml.evaluate.command import EMULATED, compiled_model, prove, upload
from ml.evaluate.on_board import Played, Sighting, play
from ml.evaluate.streams import Detection, Scored, Tally, detect, match, tally
from ml.link.device import Device
from ml.link.sensor_bus import Player
from ml.progress import console
from ml.run import Run, last
from ml.stages import write_json
from ml.steps import Task, learned, read_decision


@click.command()
@click.argument("app", metavar="APP", type=click.Choice(list(APPS)))
@click.option("--on", "target", default="host", show_default=True, type=click.Choice(["host", *EMULATED]))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--out", type=click.Path(file_okay=False), help="The folder that was given to `train` or `run`.")
def stream(app: str, target: str, as_json: bool, out: str | None) -> None:
    """Play held-out takes as streams: hits, misses, false detections per hour."""
    run = last(app, out)
    task = run.task()
    unseen = task.app.streams(task.data.of(task.split.test), task.seed)
    if not unseen:
        raise UserError(f"{app}: expected takes with an activity mask among the held-out recordings, found none")
    score = on_host(run, task)
    scored = [score(one) for one in unseen]
    expected = [detect(one, task.labels, read_decision(run.folder)) for one in scored]
    found = expected if target == "host" else on_board(run, target, scored)
    for one, wanted, seen in zip(unseen, expected, found, strict=True):
        check_equal(one.subject, wanted, seen)
    result = summary(app, target, task, unseen, found)
    write_json(run.folder / f"stream-{target}.json", result)
    if as_json:
        click.echo(json.dumps(result, indent=1))
    else:
        (Console() if sys.stdout.isatty() else Console(width=100)).print(table(result))


def on_host(run: Run, task: Task) -> Callable[[Stream], Scored]:
    """The C front end, gate and model on this computer."""
    model, app = compiled_model(run), learned(task.app, run.folder)
    return lambda one: app.score(one, model)


def on_board(run: Run, target: str, scored: list[Scored]) -> list[list[Detection]]:
    """The same streams through the sensor of a virtual board."""
    upload(f"{run.app}-{target}")
    with Device.open(target, app=run.app) as device, Player.open(target, run.app) as player:
        prove(device, compiled_model(run).model.hash.decode())
        return [play_with_progress(one, device, player).detections for one in scored]


def play_with_progress(
    one: Scored, device: Device, player: Player, on_sighting: Callable[[Sighting], None] = lambda seen: None
) -> Played:
    """One stream into the board, with a bar on a terminal."""
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"  playing {one.stream.subject}", total=len(one.stream.samples))
        return play(
            one,
            device,
            player,
            on_sighting=on_sighting,
            progress=lambda done, _: bar.update(task, completed=done),
        )


def check_equal(subject: str, expected: list[Detection], found: list[Detection]) -> None:
    """The board saw what Python saw, event by event."""
    for number, (wanted, seen) in enumerate(zip(expected, found, strict=False)):
        if wanted != seen:
            raise UserError(f"{subject}: event {number} is the first that differs: expected {wanted}, found {seen}")
    if len(expected) != len(found):
        raise UserError(f"{subject}: expected {len(expected)} events as in Python, found {len(found)} on the board")


def summary(app: str, target: str, task: Task, unseen: list[Stream], found: list[list[Detection]]) -> dict:
    tallies: dict[str, Tally] = {}
    for one, detections in zip(unseen, found, strict=True):
        counted = _tally(one, detections, task.app.decision.tolerance_s)
        tallies[one.subject] = tallies.get(one.subject, Tally()) + counted
    rows = {subject: counted.summary() for subject, counted in tallies.items()}
    return {"app": app, "on": target, "subjects": rows, "all": sum(tallies.values(), Tally()).summary()}


def _tally(one: Stream, detections: list[Detection], tolerance_s: float) -> Tally:
    return tally(match(detections, one.truth, int(np.rint(tolerance_s * one.rate_mhz / 1000))), one)


def table(result: dict) -> Table:
    made = Table(title=f"{result['app']} on {result['on']}, as a stream", title_justify="left")
    for column in ("subject", "movements", "hits", "misses", "false detections", "per hour", "hours", "delay s"):
        made.add_column(column, justify="left" if column == "subject" else "right")
    for subject, row in [*result["subjects"].items(), ("all", result["all"])]:
        figures = ("movements", "hits", "misses", "false_detections", "false_per_hour", "hours", "median_delay_s")
        made.add_row(subject, *(str(row[figure]) for figure in figures))
    return made
