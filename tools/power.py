#!/usr/bin/env python3
"""Current, energy per inference and battery life of a board.

    python tools/power.py --meter ppk2 --voltage 3.0 --seconds 30 --mark 0
    python tools/power.py --meter lpm01a@/dev/ttyACM1 --voltage 3.3 --link /dev/ttyACM0 --cell CR2032 --every 10
    python tools/power.py --meter ina@/dev/ttyACM1 --link /dev/ttyACM0 --cell CR2032 --duty 2
    python tools/power.py --estimate nano33ble --model gesture_recognition --cell CR2032 --every 10

Windows are inferences: marked by a pin of the board at a logic input of the meter (--mark), or told by the board over
its link (--link) and found in the current, or only counted where they are not found. Without a meter, --estimate takes
the currents of the data sheet. See docs/power.md.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ml.cli import Between, run_cli
from ml.errors import UserError
from ml.progress import console, say
from ml.rig.file import METERS
from tools.energy import cells, evaluate, find, show
from tools.energy.link import Seen, Watch
from tools.energy.measure import measure
from tools.energy.meter import Meter, Samples

if TYPE_CHECKING:
    from tools.energy.estimate import Estimate


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--meter", metavar="NAME[@PORT]", help=f"One of {', '.join(METERS)}.")
@click.option("--estimate", "board", metavar="BOARD", help="Instead of a meter: the documented currents of a board.")
@click.option("--model", metavar="APP|FILE", help="With --estimate: an application's model, or a .tflite.")
@click.option("--low-power", is_flag=True, help="With --estimate: firmware built with -D BOARD_LOW_POWER=1.")
@click.option(
    "--voltage",
    default=3.3,
    show_default=True,
    type=Between(0, 60),
    help="The voltage of the board's supply, in volts.",
)
@click.option("--no-supply", is_flag=True, help="Something else supplies the board; a PPK2 then measures in line.")
@click.option("--seconds", default=10.0, show_default=True, type=Between(0.01, 86400))
@click.option("--mark", type=click.IntRange(0, 7), help="Logic input that is high during an inference.")
@click.option("--link", metavar="PORT", help="Port of the board, which then reports when it computed.")
@click.option("--cell", metavar="NAME", help=f"{', '.join(cells.CELLS)}, or such as 400mAh@3.7V.")
@click.option(
    "--every", type=Between(0, min_open=True), metavar="SECONDS", help="Battery life at one inference in these."
)
@click.option(
    "--duty", type=Between(0, 100), metavar="PERCENT", help="Battery life if the board is awake so much of the time."
)
@click.option(
    "--csv", "csv_file", type=click.Path(dir_okay=False, path_type=Path), help="Write every sample to this file."
)
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="A picture: .png, .svg or .pdf.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def power(
    meter: str | None,
    *,
    board: str | None,
    model: str | None,
    low_power: bool,
    voltage: float,
    no_supply: bool,
    seconds: float,
    mark: int | None,
    link: str | None,
    cell: str | None,
    every: float | None,
    duty: float | None,
    csv_file: Path | None,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Measure a board's current."""
    battery = None if cell is None else cells.find(cell)
    if mark is not None and link is not None:
        raise UserError("expected --mark or --link, found both; choose what says when an inference runs")
    if (meter is None) == (board is None):
        raise UserError("expected --meter or --estimate, one of them; --help tells what they do")
    if every is not None and duty is not None:
        raise UserError("expected --every or --duty, found both; choose how often the board computes")
    if board is not None:
        from tools.energy import estimate  # noqa: PLC0415 - needs the compiler, for which who measures need not wait

        made = _estimate(board, model, link, seconds, every, low_power=low_power)
        if as_json:
            click.echo(json.dumps(estimate.as_json(made, battery), indent=1))
        else:
            _print(show.grid(estimate.rows(made, battery), f"{board}: an estimate"))
        return
    with contextlib.closing(find.open_meter(cast(str, meter), voltage, not no_supply)) as opened:
        result = evaluate.evaluate(opened, *_measure(opened, seconds, link), mark)
        title, rate_hz = opened.name, opened.rate_hz
    if csv_file:
        show.write_csv(csv_file, result.samples, rate_hz)
    if plot:
        show.write_picture(plot, result.samples, rate_hz, result.windows, title)
    use = show.Use(battery, every, None if duty is None else duty / 100)
    if as_json:
        click.echo(json.dumps(show.as_json(result.summary, result.notes, result.alignment, use), indent=1))
    else:
        _print(show.table(result.summary, result.notes, use, title))
    if mark is not None and not result.summary.inference:
        say(f"logic input {mark} marked no whole window: is the board's pin connected, and does its firmware run?")


def _print(table: Table) -> None:
    out = Console() if sys.stdout.isatty() else Console(width=100)
    out.print(table)


def _estimate(
    board: str, model: str | None, link: str | None, seconds: float, every: float | None, *, low_power: bool
) -> Estimate:
    if (model is None) == (link is None):
        raise UserError(
            "expected --model or --link with --estimate, one of them; it tells how long the processor is awake"
        )
    from tools.energy import estimate  # noqa: PLC0415

    if model is not None:
        return estimate.of_model(board, model, every, low_power=low_power)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("  listening", total=seconds)
        return estimate.of_link(
            board, cast(str, link), seconds, lambda done: bar.update(task, completed=done), low_power=low_power
        )


def _measure(meter: Meter, seconds: float, link: str | None) -> tuple[Samples, float, Seen | None]:
    """The samples, when they began by time.monotonic(), and what the board says of the inferences it made meanwhile."""
    with contextlib.ExitStack() as stack:
        watch = stack.enter_context(contextlib.closing(Watch(link))) if link else None
        bar = stack.enter_context(Progress(console=console, transient=True, disable=not console.is_terminal))
        task = bar.add_task("  measuring", total=seconds)
        if watch:
            watch.start()
        began = time.monotonic()
        samples = measure(meter, seconds, lambda done, _: bar.update(task, completed=done))
        return samples, began, watch.stop() if watch else None


if __name__ == "__main__":
    run_cli(power, "power")
