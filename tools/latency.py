#!/usr/bin/env python3
"""Logs each inference of a board: front end, inference, decision, latency.

    python tools/latency.py --out new.parquet                                  # live; Ctrl-C ends it
    python tools/latency.py --port virtual --play wave.csv --out new.csv       # a recording into a virtual board
    python tools/latency.py --log new.parquet --against main.parquet --tolerance 5     # no board: two logs

docs/latency.md says what is written. Exit status: 0 the log is whole, 1 an error or, with --tolerance, something has
become slower, 3 rows are missing and marked.
"""

import json
import sys
from pathlib import Path
from typing import TypedDict, Unpack

import click
from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ml.capture import ports
from ml.cli import Between, run_cli
from ml.errors import UserError
from ml.progress import say
from tools.latency_log import compare, picture, reading, show, writing
from tools.latency_log.log import Log
from tools.latency_log.record import Recorded, Wanted, record

INCOMPLETE = 3
FILE = click.Path(dir_okay=False, path_type=Path)
GIVEN = click.Path(exists=True, dir_okay=False, path_type=Path)


class Given(TypedDict):
    """The command line, as click hands it over."""

    port: str | None
    out: Path | None
    overwrite: bool
    seconds: float | None
    windows: int | None
    play: Path | None
    patience: float
    log: Path | None
    against: Path | None
    tolerance: float | None
    anyway: bool
    plot: Path | None
    as_json: bool


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--port", "--board", "port", metavar="NAME",
              help="Device, virtual, an environment or socket://HOST:PORT. Default: the only board.")  # fmt: skip
@click.option("--out", type=FILE, help="Log to write: .csv or .parquet.")
@click.option("--overwrite", is_flag=True, help="Even if there is one.")
@click.option("--seconds", type=Between(0, min_open=True), help="Log so many seconds of the board's time.")
@click.option("--windows", type=click.IntRange(1), help="Log so many windows, with the network awake or asleep.")
@click.option(
    "--play", type=GIVEN, help="Restart a virtual board and play this into its sensor: CSV, WAV, FLAC or NPZ."
)
@click.option("--patience", type=Between(1, 3600), default=10.0, show_default=True,
              help="Seconds of silence after which the board is given up.")  # fmt: skip
@click.option("--log", type=GIVEN, help="No board: the figures of a log that was written before.")
@click.option("--against", type=GIVEN, help="An older log to compare with.")
@click.option("--tolerance", type=Between(0), metavar="PERCENT",
              help="Exit status 1 if a figure is worse by more than this, beyond the noise.")  # fmt: skip
@click.option("--anyway", is_flag=True, help="Compare other applications, boards and clocks too.")
@click.option("--plot", type=FILE, help="A picture: .png, .svg or .pdf.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def latency(**given: Unpack[Given]) -> None:
    """Logs each inference of a board, and compares two logs."""
    against = _checked(given)
    made = _read(given["log"]) if given["log"] else record(_wanted(given), show.screen)
    if made.error and not len(made.log.rows):
        raise made.error
    tolerance = None if given["tolerance"] is None else given["tolerance"] / 100
    comparison = compare.compare(against, made.log, given["anyway"]) if against and not made.error else None
    _print(made, comparison, against, tolerance, given["as_json"])
    if given["plot"]:
        picture.write(given["plot"], made.log, against)
    sys.exit(_status(made, comparison, tolerance))


def _checked(given: Given) -> Log | None:
    """The log to compare with; what cannot work is said before anything is measured."""
    measuring = ("port", "out", "overwrite", "seconds", "windows", "play")
    if given["log"] and (found := [f"--{name}" for name in measuring if given[name]]):
        raise click.UsageError(f"Expected --log alone, without a board, found {', '.join(found)} too.")
    if given["tolerance"] is not None and not given["against"]:
        raise click.UsageError("Expected --against with --tolerance, found none; say what to compare with.")
    if given["plot"]:
        picture.checked(given["plot"])
    if given["out"]:
        writing.checked(given["out"], given["overwrite"])
        if given["against"] and given["out"].exists() and given["out"].samefile(given["against"]):
            raise UserError(f"{given['out']}: expected another file than that of --against; name another")
    return reading.read(given["against"]) if given["against"] else None


def _wanted(given: Given) -> Wanted:
    limited = given["seconds"] or given["windows"] or given["play"]
    if not limited and not sys.stdin.isatty():
        raise UserError(
            "expected --seconds, --windows or --play, for nobody can press Ctrl-C here; say how much is enough"
        )
    return Wanted(
        find=ports.finder(given["port"], app=None),
        out=given["out"],
        recording=given["play"],
        seconds=given["seconds"],
        windows=given["windows"],
        patience_s=given["patience"],
    )


def _read(path: Path) -> Recorded:
    log = reading.read(path)
    if not len(log.rows):
        raise UserError(f"{path}: expected windows in it, found none; log again")
    return Recorded(log, missed=None)


def _print(
    made: Recorded, comparison: compare.Comparison | None, against: Log | None, tolerance: float | None, as_json: bool
) -> None:
    if as_json:
        found = show.as_json(made)
        found |= {"comparison": show.comparison_json(comparison, tolerance)} if comparison else {}
        return click.echo(json.dumps(found, indent=1))
    out = Console() if sys.stdout.isatty() else Console(width=120)
    out.print(show.screen(made))
    if comparison and against:
        out.print(show.change_table(comparison, against.name, made.log.name, tolerance))


def _status(made: Recorded, comparison: compare.Comparison | None, tolerance: float | None) -> int:
    if made.error:
        say(f"rows logged until then: {len(made.log.rows)}")
        raise made.error
    if comparison and tolerance is not None:
        worse = [
            f"{each.stage} {each.quantile} {show.percent(each.change)}"
            for each in comparison.changes
            if each.is_worse(tolerance)
        ]
        if worse:
            raise UserError(f"expected nothing slower by more than {100 * tolerance:g} %, found {', '.join(worse)}")
    rows = made.log.rows
    missing = rows["lost"].any() or rows["start"].any() or made.lost_after
    return INCOMPLETE if missing or not made.is_whole else 0


if __name__ == "__main__":
    run_cli(latency, "latency.py")
