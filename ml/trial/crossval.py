"""Cross-validation: leaves each subject out in turn, to see how well a model works for a new person.

python -m ml crossval gesture_recognition --data DIR --seeds 3
"""

import json
import sys
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from ml.data.split import check_unit, named, turns
from ml.evaluate.intervals import short, wilson
from ml.evaluate.streams import Tally
from ml.files import write_json
from ml.pipeline.contract import APPS, find
from ml.pipeline.run import Run, results
from ml.pipeline.stages import judge, walk
from ml.progress import say
from ml.workers import beside


@click.command()
@click.argument("app", metavar="APP", type=click.Choice(list(APPS)))
@click.option("--data", type=click.Path(), help="Folder with a manifest.csv; without it recordings are simulated.")
@click.option(
    "--split-by",
    default="subject",
    show_default=True,
    help="Only `subject` is allowed; anything else is refused, with the reason.",
)
@click.option("--seeds", default=1, show_default=True, type=click.IntRange(1, 20), help="Repeat with seeds 0, 1, ...")
@click.option("--quick", is_flag=True, help="A short trial; its figures mean little.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--out", type=click.Path(file_okay=False), help="Folder for crossval.json, instead of build/APP.")
def crossval(
    app: str, *, data: str | None, split_by: str, seeds: int, quick: bool, as_json: bool, out: str | None
) -> None:
    """Leave each subject out in turn; report accuracy, parity and streams."""
    check_unit(split_by)
    folds = [(app, data, quick, seed, group) for seed in range(seeds) for group in _groups(app, data, quick)]
    made = sorted(beside(_fold, folds, "folds"), key=lambda one: (one["seed"], one["subject"]))
    result = {"app": app, "data": made[0]["data"], "quick": quick, "folds": made} | summary(made)
    path = results(app, out) / "crossval.json"
    write_json(path, result)
    if as_json:
        click.echo(json.dumps(result, indent=1))
        return
    (Console() if sys.stdout.isatty() else Console(width=120)).print(_table(made, result))
    say(f"wrote {path}")


def _groups(app: str, data: str | None, quick: bool) -> list[tuple[str, ...]]:
    """Who is left out together."""
    return turns(find(app, quick).data(Path(data) if data else None, 0).subjects)


def _fold(asked: tuple) -> dict:
    app, data, quick, seed, group = asked
    run = Run(app, data, group, seed, quick)
    task = run.task()
    metrics = walk(task, judge).read("judge", "metrics.json")
    return {"seed": seed, "subject": named(group), "data": task.data.hash, **metrics}


def summary(folds: list[dict]) -> dict:
    """Means over the folds, the spread over seeds, and all streams of the first seed: again they would count twice."""
    seeds = sorted({fold["seed"] for fold in folds})
    means = {
        kind: [float(np.mean([fold[kind]["accuracy"] for fold in folds if fold["seed"] == seed])) for seed in seeds]
        for kind in ("float", "int8")
    }
    right, total = (sum(fold["int8"][name] for fold in folds) for name in ("right", "repetitions"))
    parity = [fold["parity"] for fold in folds]
    heard = [Tally.of(fold["tally"]) for fold in folds if fold["stream"] and fold["seed"] == seeds[0]]
    return {
        "float_accuracy": float(np.mean(means["float"])),
        "int8_accuracy": float(np.mean(means["int8"])),
        "int8_spread_over_seeds": float(np.std(means["int8"])),
        "int8_interval": wilson(right // len(seeds), total // len(seeds)),
        "mismatches": sum(one["mismatches"] for one in parity) if all(parity) else None,
        "stream": sum(heard, Tally()).summary() if heard else None,
    }


def _table(folds: list[dict], result: dict) -> Table:
    table = Table(title="each subject left out in turn", title_justify="left", show_footer=True)
    stream = result["stream"] or {}
    columns = (
        ("left out", "all"),
        ("seed", ""),
        ("float", f"{result['float_accuracy']:.1%}"),
        ("int8 in C", f"{result['int8_accuracy']:.1%}"),
        ("unlike TFLM", "?" if result["mismatches"] is None else str(result["mismatches"])),
        ("found", f"{stream['hits']}/{stream['movements']}" if stream else ""),
        ("false", str(stream["false_detections"]) if stream else ""),
        ("false an hour", _an_hour(stream) if stream else ""),
    )
    for number, (name, footer) in enumerate(columns):
        table.add_column(name, footer=footer, justify="left" if number == 0 else "right", no_wrap=True)
    for fold in folds:
        without = f" (no {', '.join(fold['untested'])})" if fold["untested"] else ""
        table.add_row(fold["subject"] + without, str(fold["seed"]), *_row(fold))
    return table


def _row(fold: dict) -> list[str]:
    row = [f"{fold['float']['accuracy']:.1%}", f"{fold['int8']['accuracy']:.1%}"]
    row.append("?" if fold["parity"] is None else str(fold["parity"]["mismatches"]))
    if fold["stream"]:
        stream = fold["stream"]
        row += [f"{stream['hits']}/{stream['movements']}", str(stream["false_detections"])]
        row.append(_an_hour(stream))
    return row


def _an_hour(stream: dict) -> str:
    """False alarms, with the most that may hide behind the count (95 %)."""
    if not stream["hours"]:
        return ""
    high = stream["false_per_hour_interval"][1]
    return f"{short(stream['false_detections'] / stream['hours'])} (..{short(high)})"
