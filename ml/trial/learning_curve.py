"""`python -m ml learning-curve APP --data DIR`: how the model improves with the number of people in the training.

Always judged by the same people. A curve that still rises at its end says that more people would help; a flat one that
something else is in the way.
"""

import dataclasses
import json
import sys

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from ml.data.split import Split
from ml.errors import UserError
from ml.files import replace_file, write_json
from ml.pipeline.apps import APPS
from ml.pipeline.run import Run
from ml.pipeline.stages import chosen, judge, walk
from ml.progress import say
from ml.report import plots
from ml.workers import beside


@click.command("learning-curve")
@click.argument("app", metavar="APP", type=click.Choice(list(APPS)))
@click.option("--data", type=click.Path(), help="Folder with a manifest.csv; without it recordings are simulated.")
@click.option("--hold-out", multiple=True, metavar="SUBJECT", help="The subjects of the test; otherwise as in `run`.")
@click.option(
    "--points",
    default=4,
    show_default=True,
    type=click.IntRange(2, 10),
    help="Number of trainings; each has twice as many people as the one before.",
)
@click.option(
    "--seed",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    help="The seed; it also decides the order of the subjects.",
)
@click.option("--quick", is_flag=True, help="A short trial; its figures mean little.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--out", type=click.Path(file_okay=False), help="Folder for the results, instead of build/APP.")
def learning_curve(
    app: str, *, data: str | None, hold_out: tuple[str, ...], points: int, seed: int, quick: bool, as_json: bool, out
) -> None:
    """Train with more and more subjects; plot accuracy and detection rate."""
    run = Run(app, data, hold_out, seed=seed, quick=quick, out=out)
    task = run.asked()
    asked = [(dataclasses.asdict(run), count) for count in sizes(len(task.split.train), points)]
    made = sorted(beside(_point, asked, "trainings"), key=lambda one: one["subjects"])
    result = {"app": app, "data": task.data.hash, "quick": quick, "test": task.split.test, "points": made}
    write_json(run.folder / "learning_curve.json", result)
    replace_file(run.folder / "learning_curve.svg", plots.learning_curve(made).encode())
    if as_json:
        click.echo(json.dumps(result, indent=1))
    else:
        (Console() if sys.stdout.isatty() else Console(width=100)).print(_table(made))
    say(f"wrote {run.folder / 'learning_curve.svg'}")


def sizes(most: int, points: int) -> list[int]:
    """Numbers of training subjects: halves of halves of all, at least 1."""
    if most < 2:
        raise UserError(f"expected at least 2 subjects to train with, found {most}; record more people")
    return sorted({max(1, round(most / 2**step)) for step in range(points)})


def _point(asked: tuple) -> dict:
    """One training: with the first of the training subjects, in an order drawn by the seed."""
    kept, count = asked
    run = Run(**kept | {"hold_out": tuple(kept["hold_out"])})
    task = run.asked()
    order = np.random.default_rng(run.seed).permutation(task.split.train)
    some = Split(tuple(sorted(map(str, order[:count]))), task.split.validation, task.split.test)
    metrics = walk(chosen(dataclasses.replace(task, split=some)), judge).read("judge", "metrics.json")
    return {"subjects": count, **{name: metrics[name] for name in ("float", "int8", "more", "stream")}}


def _table(points: list[dict]) -> Table:
    table = Table(title="learning curve: judged always by the same subjects", title_justify="left")
    for column in ("training subjects", "int8 accuracy %", "95 %", "found in streams %", "false an hour"):
        table.add_column(column, justify="right")
    for one in points:
        low, high = one["int8"]["interval"]
        stream = one["stream"] or {}
        rate = stream.get("detection_rate")
        table.add_row(
            str(one["subjects"]),
            f"{100 * one['int8']['accuracy']:.1f}",
            f"{100 * low:.1f}..{100 * high:.1f}",
            "" if rate is None else f"{100 * rate:.1f}",
            str(stream["false_per_hour"]) if stream else "",
        )
    return table
