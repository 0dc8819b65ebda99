"""`python -m ml evaluate APP --data DIR`: the committed model on recordings that nobody trained with."""

import dataclasses
import json
import sys
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from ml.cli import Between
from ml.data.manifest import Dataset
from ml.data.streams import Stream
from ml.errors import UserError
from ml.evaluate import det
from ml.evaluate.accuracy import figures, flat
from ml.evaluate.committed import Committed, committed
from ml.evaluate.limits import limits_of
from ml.evaluate.stream_command import HOST, as_in_python, check_target, first_hours
from ml.evaluate.stream_summary import check_samples, print_streams, summary
from ml.evaluate.streams import detect, judge
from ml.paths import ROOT
from ml.pipeline.cache import write_json
from ml.pipeline.contract import APPS, find
from ml.pipeline.coverage import untested
from ml.printable import printable
from ml.progress import say, track
from ml.report import pictures
from ml.train.examples import HeldOut
from ml.train.training import to_int8

MOST_ROWS = 20  # subjects in the table; the JSON has them all


@click.command("evaluate")
@click.argument("app", metavar="APP", type=click.Choice(list(APPS)))
@click.option("--data", required=True, type=click.Path(exists=True), help="Folder of recordings.")
@click.option("--model", type=click.Path(file_okay=False), help="Folder with the header, instead of lib/APP_model.")
@click.option("--on", "target", default=HOST, show_default=True, help="Where the streams run, as for `stream`.")
@click.option("--limit", type=click.IntRange(1), help="Only so many streams, the first.")
@click.option("--hours", type=Between(0, min_open=True), help="Only the first part of each stream.")
@click.option("--plot", type=click.Path(file_okay=False), help="Folder for pictures of the streams.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--out", type=click.Path(dir_okay=False), help="File for the same JSON.")
def evaluate(
    app: str,
    data: str,
    *,
    model: str | None,
    target: str,
    limit: int | None,
    hours: float | None,
    plot: str | None,
    as_json: bool,
    out: str | None,
) -> None:
    """Judge the committed model by a whole folder of recordings."""
    check_target(target, app)
    made = committed(find(app), Path(model) if model else ROOT / "lib" / f"{app}_model")
    loaded, foreign = _known(made, made.app.data(Path(data), 0))
    unseen = first_hours(made.app.streams(loaded, 0)[:limit], hours)
    result = {
        "app": app,
        "header": made.header.name,
        "model": made.model.model.hash.decode(),
        "data": loaded.hash,
        "trained_with_this_data": loaded.hash[:16] == made.data_hash,
        "left_out": [dataclasses.asdict(one) for one in loaded.left_out],
        "labels": made.labels(loaded),
        "unknown_labels": foreign,
        "subjects": loaded.subjects,
        "recordings": recordings(made, loaded),
        "streams": streams(made, made.labels(loaded), unseen, target, Path(plot) if plot else None),
    }
    counts, background = np.array(result["recordings"]["confusion"]), made.app.background(result["labels"])
    result["untested"] = untested(counts, result["labels"], background, streams=bool(result["streams"]))
    if out:
        write_json(Path(out), result)
    if as_json:
        click.echo(json.dumps(result, indent=1))
    else:
        _print(result)
    if result["streams"]:
        check_samples(result["streams"])


def _known(made: Committed, data: Dataset) -> tuple[Dataset, list[str]]:
    """The data without recordings of classes that the model does not have, and those classes."""
    labels = made.labels(data)
    try:
        foreign = sorted(set(made.app.labels(data)) - set(labels))
    except UserError:  # not enough to train with, yet enough to be judged by
        foreign = []
    items = tuple(item for item in data.items if item.label not in foreign)
    if not items:
        raise UserError(f"expected recordings of {', '.join(labels)}, found only {', '.join(foreign)}")
    return dataclasses.replace(data, items=items), foreign


def recordings(made: Committed, data: Dataset) -> dict | None:
    """Accuracy over all and by subject, confusion, and what else the application says; None without any."""
    labels = made.labels(data)
    held_out = made.app.held_out(data, labels)
    scores = to_int8(made.app.scores(made.model, held_out.inputs))
    answers, subjects = scores.argmax(1), _subjects(held_out, data)
    by_subject = {
        subject: figures(held_out.labels[subjects == subject], answers[subjects == subject], len(labels))
        for subject in sorted(set(subjects))
    }
    everything = figures(held_out.labels, answers, len(labels))
    return everything | {"by_subject": by_subject, "more": made.app.figures(held_out, scores)}


def _subjects(held_out: HeldOut, data: Dataset) -> np.ndarray:
    """Whose each row is; a part of a recording is called `file[start:end]`."""
    of_file = {item.file: item.subject for item in data.items}
    names = (str(file) for file in held_out.files)
    return np.array([of_file.get(name) or of_file.get(name.rsplit("[", 1)[0], "?") for name in names])


def streams(made: Committed, labels: list[str], found: list[Stream], target: str, plot: Path | None) -> dict | None:
    """Streams of the data through front end, gate, model and decision in C; None without any."""
    if not found:
        return None
    tolerance = made.app.decision.tolerance_s
    scored = [made.app.score(one, made.model) for one in track(found, "streams", len(found))]
    judged = [judge(one, labels, made.config, tolerance) for one in scored]
    tallies = [(one.subject, tally) for one, (tally, _) in zip(found, judged, strict=True)]
    expected = [detect(one, labels, made.config) for one in scored]
    played = as_in_python(made.app.name, made.model, target, scored, expected)
    curve = det.curve(scored, labels, made.config, tolerance)
    result = summary(made.app.name, target, limits_of(made.app.decision), tallies, made.config, curve, played)
    if plot:
        for path in pictures.write(plot, "evaluate", result, scored, [matched for _, matched in judged]):
            say(f"wrote {path}")
    return result


def _print(result: dict) -> None:
    console = Console() if sys.stdout.isatty() else Console(width=150)
    console.print(f"{result['app']}: model {result['model']}, data {result['data'][:16]}", markup=False)
    if result["left_out"]:
        first = printable(", ".join(str(value) for value in result["left_out"][0].values()))
        console.print(f"{len(result['left_out'])} recordings left out as unusable; the first: {first}", markup=False)
    if result["unknown_labels"]:
        console.print(f"not judged, as the model does not know them: {', '.join(result['unknown_labels'])}")
    if result["untested"]:
        console.print(f"not tested, as nobody here shows them: {', '.join(result['untested'])}", markup=False)
    console.print(_accuracy(result["recordings"]))
    console.print(f"mean of the classes: {100 * result['recordings']['balanced']:.1f} %", highlight=False)
    console.print(_classes(result["recordings"], result["labels"]))
    for name, value in flat(result["recordings"]["more"]):
        console.print(f"{name}: {value}", markup=False)
    if result["streams"]:
        print_streams(result["streams"], console)
    if result["trained_with_this_data"]:
        say("warning: this is the data that the model was trained with; the figures say little about anything else")


def _accuracy(found: dict) -> Table:
    made = Table(title="recordings, int8 in C", title_justify="left")
    subjects = found["by_subject"] if len(found["by_subject"]) <= MOST_ROWS else {}
    if not subjects:
        shares = [one["accuracy"] for one in found["by_subject"].values()]
        made.caption = f"{len(shares)} subjects, half of them at {100 * float(np.median(shares)):.1f} % or better"
    for column in ("subject", "right", "accuracy %", "95 %"):
        made.add_column(column, justify="left" if column == "subject" else "right")
    for subject, row in [*subjects.items(), ("all", found)]:
        low, high = row["interval"]
        made.add_row(
            subject,
            f"{row['right']}/{row['repetitions']}",
            f"{100 * row['accuracy']:.1f}",
            f"{100 * low:.1f}..{100 * high:.1f}",
        )
    return made


def _classes(found: dict, labels: list[str]) -> Table:
    """What became of each class: how many were right, and what the others were taken for."""
    made = Table(title="by class", title_justify="left")
    for column in ("class", "right", "%", "taken for"):
        made.add_column(column, justify="left" if column in ("class", "taken for") else "right")
    for index, row in enumerate(found["confusion"]):
        total = sum(row)
        others = sorted(((count, labels[i]) for i, count in enumerate(row) if i != index and count), reverse=True)
        if total:
            share = f"{100 * row[index] / total:.1f}"
            made.add_row(labels[index], f"{row[index]}/{total}", share, ", ".join(f"{n} {c}" for c, n in others))
    return made
