"""`python -m ml stream APP --on host|virtual|virtual-m3|host-board|PORT`: judges held-out subjects as streams."""

import dataclasses
import json
import sys
from collections.abc import Callable

import click
from rich.console import Console
from rich.progress import Progress

from ml.cli import Between, false_alarms
from ml.compiler.host import HostModel
from ml.data.streams import Stream, cut
from ml.errors import UserError
from ml.evaluate import det
from ml.evaluate.streams import Detection, Scored, match, spans, tally
from ml.files import write_json
from ml.link.device import Device
from ml.link.port import resolve
from ml.link.sensor_bus import Player
from ml.native.decide import DecideConfig
from ml.pipeline.apps import APPS
from ml.pipeline.judge import read_decision
from ml.pipeline.run import Run, last_or_committed
from ml.pipeline.stages import tune, walk
from ml.pipeline.task import Task
from ml.profile.boards import EMULATED
from ml.progress import console, say
from ml.report import pictures
from ml.trial.as_shipped import Shipped
from ml.trial.committed import check_rate, committed
from ml.trial.on_board import Played, Sighting, inject, play
from ml.trial.stream_summary import check_samples, print_streams, summary
from ml.trial.verify import compiled_model, prove, upload

HOST, HOST_BOARD = "host", "host-board"


@click.command()
@click.argument("app", metavar="APP", type=click.Choice(list(APPS)))
@click.option(
    "--on",
    "target",
    default=HOST,
    show_default=True,
    help="host (the C in this process), virtual, virtual-m3, host-board, or a board's port.",
)
@click.option("--limit", type=click.IntRange(1), help="Only so many streams, the first.")
@click.option(
    "--hours",
    type=Between(0, min_open=True),
    help="Only the first part of each stream, so many hours in total.",
)
@false_alarms(
    "--target-false-alarms-per-hour", "aim", "At another operating point than the compiled one (on the host)."
)
@false_alarms(
    "--upper-bound-per-hour",
    "bound",
    "The most false alarms an hour that the upper end of that operating point's 95 % interval may reach.",
)
@click.option("--plot", is_flag=True, help="Write the trade-off and the time lines as SVG pictures.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--out", type=click.Path(file_okay=False), help="The folder that was given to `train` or `run`.")
def stream(
    app: str,
    *,
    target: str,
    limit: int | None,
    hours: float | None,
    aim: float | None,
    bound: float | None,
    plot: bool,
    as_json: bool,
    out: str | None,
) -> None:
    """Play streams of held-out people: detection rate, false alarms, latency."""
    check_target(target, app)
    run = last_or_committed(app, out)
    moved = dataclasses.replace(run, aim=run.aim if aim is None else aim, bound=run.bound if bound is None else bound)
    task = _task(moved)
    config = _decision(run, task, target, moved != run)
    unseen = first_hours(task.streams(task.split.test)[:limit], hours)
    if not unseen:
        raise UserError(f"{app}: expected streams of the subjects held out, found none; record longer takes")
    device = as_shipped(run, task, config)
    ran = [device.run(one) for one in unseen]
    scored, expected = [one.scored for one in ran], [one.detections for one in ran]
    played = as_in_python(app, compiled_model(run), target, scored, expected)
    _tell(run, task, target, config, scored, expected, played, plot=plot, as_json=as_json)


def check_target(target: str, app: str) -> None:
    """UserError for what is neither a board of ours nor a port, before anything is computed."""
    if target in (HOST, HOST_BOARD, *EMULATED):
        return
    try:
        resolve(target, app)
    except UserError as error:
        names = ", ".join((HOST, *EMULATED, HOST_BOARD))
        raise UserError(f"--on: expected one of {names}, or a port; {error}") from None


def _trained(run: Run) -> bool:
    return (run.folder / "run.json").exists()


def _task(run: Run) -> Task:
    """That of the run; of a committed model simulated people, for nobody has trained here."""
    if _trained(run):
        return run.task()
    say(f"{run.app}: nobody has trained here, so the committed model is judged by simulated people")
    made = committed(run.application(), run.header_folder)
    task = run.asked(simulated_mhz=made.rate_mhz)
    check_rate(made, task.data)
    return task


def _decision(run: Run, task: Task, target: str, moved: bool) -> DecideConfig:
    if not moved:
        return read_decision(run.folder) if _trained(run) else committed(run.application(), run.header_folder).config
    if target != HOST:
        raise UserError(
            "expected another operating point (--target-false-alarms-per-hour, --upper-bound-per-hour) with --on host, "
            f"found a board, which runs what is compiled; give it to: python -m ml compile {run.app}"
        )
    return read_decision(walk(task, tune)["tune"])


def first_hours(streams: list[Stream], hours: float | None) -> list[Stream]:
    """The first part of each, so many hours in all."""
    total = sum(one.hours for one in streams)
    share = 1.0 if hours is None or hours >= total else hours / total
    return [cut(one, _between_events(one, round(len(one.samples) * share))) for one in streams]


def _between_events(stream: Stream, count: int) -> int:
    """So many samples, or fewer: an event that is cut through would count as a false alarm."""
    return min([count, *(one.start for one in stream.truth if one.start < count < one.end)])


def as_shipped(run: Run, task: Task, config: DecideConfig) -> Shipped:
    """The run's header as a board runs it, with that decision."""
    compiled_model(run)  # is it the run's?
    made = committed(task.app, run.header_folder)
    return Shipped.of(dataclasses.replace(made, config=config), task.labels)


def as_in_python(
    app: str, model: HostModel, target: str, scored: list[Scored], expected: list[list[Detection]]
) -> list[Played] | None:
    """What a board makes of the streams; UserError unless it is what Python made of them. None on the host."""
    if target == HOST:
        return None
    played = on_board(app, model.model.hash.decode(), target, scored)
    for one, wanted, seen in zip(scored, expected, played, strict=True):
        check_equal(one.stream.subject, wanted, seen.detections)
        check_windows(one, seen)
    return played


def on_board(app: str, model: str, target: str, scored: list[Scored]) -> list[Played]:
    """The same streams through the sensor of a virtual board; over the link into any other, or at another rate than the
    sensor's."""
    board = "host" if target == HOST_BOARD else target
    if target not in (*EMULATED, HOST_BOARD):
        with Device.open(board, app=app) as device:
            prove(device, model)
            return [_with_progress(one, inject, device) for one in scored]
    upload(f"{app}-{board}")
    with Device.open(board, app=app) as device, Player.open(board, app) as player:
        prove(device, model)
        rate = device.info.streams[0].rate_mhz
        return [
            play_with_progress(one, device, player)
            if one.stream.rate_mhz == rate
            else _with_progress(one, inject, device)
            for one in scored
        ]


def play_with_progress(
    one: Scored, device: Device, player: Player, on_sighting: Callable[[Sighting], None] = lambda seen: None
) -> Played:
    """One stream into the board's sensor, with a bar on a terminal."""
    return _with_progress(one, play, device, player, on_sighting=on_sighting)


def _with_progress(one: Scored, put: Callable[..., Played], *where, **more) -> Played:
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(f"  playing {one.stream.subject}", total=len(one.stream.samples))
        return put(one, *where, progress=lambda done, _: bar.update(task, completed=done), **more)


def check_equal(subject: str, expected: list[Detection], found: list[Detection]) -> None:
    """The board saw what Python saw, event by event."""
    for number, (wanted, seen) in enumerate(zip(expected, found, strict=False)):
        if wanted != seen:
            raise UserError(f"{subject}: event {number} is the first that differs: expected {wanted}, found {seen}")
    if len(expected) != len(found):
        raise UserError(f"{subject}: expected {len(expected)} events as in Python, found {len(found)} on the board")


def check_windows(scored: Scored, played: Played) -> None:
    """The board made every window that Python made and, of injected samples, none more."""
    found = (played.statistics.windows, played.statistics.asleep)
    expected = (len(scored.sample), 0 if scored.awake is None else int((~scored.awake).sum()))
    more = found != expected and not played.runs_on
    if more or any(seen < wanted for seen, wanted in zip(found, expected, strict=True)):
        raise UserError(
            f"{scored.stream.subject}: expected {expected[0]} windows, the network asleep in {expected[1]}, as in "
            f"Python; found {found[0]} and {found[1]} on the board"
        )


def _tell(
    run: Run,
    task: Task,
    target: str,
    config: DecideConfig,
    scored: list[Scored],
    found: list[list[Detection]],
    played: list[Played] | None,
    *,
    plot: bool,
    as_json: bool,
) -> None:
    """JSON, table, pictures; UserError at the end where a board lost samples."""
    tolerance = task.app.decision.tolerance_s
    matched = [
        match(seen, spans(one.stream, task.labels, tolerance), task.labels)
        for one, seen in zip(scored, found, strict=True)
    ]
    tallies = [(one.stream.subject, tally(seen, one.stream)) for one, seen in zip(scored, matched, strict=True)]
    curve = det.curve(scored, task.labels, config, tolerance)
    model = compiled_model(run).model.hash.decode()
    result = {"model": model} | summary(run.app, target, task.limits, tallies, config, curve, played)
    name = "".join(letter if letter.isalnum() or letter in "-." else "-" for letter in target)
    write_json(run.folder / f"stream-{name}.json", result)
    if as_json:
        click.echo(json.dumps(result, indent=1))
    else:
        print_streams(result, Console() if sys.stdout.isatty() else Console(width=150))
    if plot:
        for path in pictures.write(run.folder, f"stream-{name}", result, scored, matched):
            say(f"wrote {path}")
    check_samples(result)
