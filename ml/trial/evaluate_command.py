"""`python -m ml evaluate APP --data DIR`: the committed model on recordings that nobody trained with.

python -m ml evaluate keyword_spotting --data DIR                       # as they are
python -m ml evaluate keyword_spotting --data DIR --snr 10 --gain -6    # in noise, and softer
"""

import dataclasses
import json
import sys
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from ml.cli import Between
from ml.errors import UserError
from ml.evaluate import det
from ml.evaluate.accuracy import flat
from ml.evaluate.limits import limits_of
from ml.evaluate.streams import Tally
from ml.evaluate.untested import untested
from ml.files import write_json
from ml.paths import ROOT
from ml.pipeline.contract import APPS, find
from ml.printable import printable
from ml.progress import say
from ml.report import pictures
from ml.trial.as_shipped import Ran
from ml.trial.committed import committed
from ml.trial.disturbance_options import asked, disturbing
from ml.trial.disturbances import Disturbance
from ml.trial.judging import Material, flagged
from ml.trial.stream_command import HOST, as_in_python, check_target
from ml.trial.stream_summary import check_samples, print_streams, summary

MOST_ROWS = 20  # subjects in the table; the JSON has them all


@click.command("evaluate")
@click.argument("app", metavar="APP", type=click.Choice(list(APPS)))
@click.option("--data", required=True, type=click.Path(exists=True), help="Folder of recordings.")
@click.option("--model", type=click.Path(file_okay=False), help="Folder with the header, instead of lib/APP_model.")
@click.option("--on", "target", default=HOST, show_default=True, help="Where the streams run, as for `stream`.")
@click.option("--limit", type=click.IntRange(1), help="Only so many streams, the first.")
@click.option("--hours", type=Between(0, min_open=True), help="Only the first part of each stream.")
@disturbing
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Of noise and of random axes.")
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
    seed: int,
    plot: str | None,
    as_json: bool,
    out: str | None,
    **disturbed,
) -> None:
    """Judge the committed model by a whole folder of recordings."""
    check_target(target, app)
    under = asked(disturbed)
    made = committed(find(app), Path(model) if model else ROOT / "lib" / f"{app}_model")
    loaded = made.app.data(Path(data), 0)
    found = Material.of(made, loaded, limit=limit, hours=hours, seed=seed)
    result = {
        "app": app,
        "header": made.header.name,
        "model": made.model.model.hash.decode(),
        "data": loaded.hash,
        "trained_with_this_data": loaded.hash[:16] == made.data_hash,
        "left_out": [dataclasses.asdict(one) for one in loaded.left_out],
        "labels": found.labels,
        "unknown_labels": found.foreign,
        "subjects": found.data.subjects,
        "under": str(under),
        "seed": seed,
        "recordings": found.recordings(under),
        "streams": streams(found, under, target, Path(plot) if plot else None),
        "unknown": unknown(found, under),
    }
    if result["recordings"] is None and result["unknown"] is None:
        raise UserError(
            f"expected recordings of {', '.join(found.labels)}, or takes of others, found only "
            f"{', '.join(found.foreign)}"
        )
    result["untested"] = _untested(found, result)
    if out:
        write_json(Path(out), result)
    if as_json:
        click.echo(json.dumps(result, indent=1))
    else:
        _print(result)
    if result["streams"]:
        check_samples(result["streams"])


def _untested(found: Material, result: dict) -> list[str]:
    if result["recordings"] is None:
        return found.labels
    counts, background = np.array(result["recordings"]["confusion"]), found.made.app.background(found.labels)
    return untested(counts, found.labels, background, streams=bool(result["streams"]))


def streams(found: Material, under: Disturbance, target: str, plot: Path | None) -> dict | None:
    """Streams of the data through front end, gate, model and decision in C; None without any."""
    return streams_of(found, found.run(under), target, plot) if found.streams else None


def streams_of(found: Material, ran: list[Ran], target: str, plot: Path | None = None) -> dict:
    """The same of streams that have been run."""
    made = found.made
    scored = [one.scored for one in ran]
    played = as_in_python(made.app.name, made.model, target, scored, [one.detections for one in ran])
    tolerance = made.app.decision.tolerance_s
    curve = det.curve(scored, found.labels, made.config, tolerance)
    limits = limits_of(made.app.decision)
    result = summary(made.app.name, target, limits, found.tallies(ran), made.config, curve, played)
    result |= {"flagged": flagged(ran), "held_otherwise": flagged(ran, "held_otherwise")}
    if plot:
        matched = [one.judged(found.labels, tolerance)[1] for one in ran]
        for path in pictures.write(plot, "evaluate", result, scored, matched):
            say(f"wrote {path}")
    return result


def unknown(found: Material, under: Disturbance) -> dict | None:
    """Events on recordings of what the model does not know: each is false. None without any."""
    if not found.unknown:
        return None
    ran = found.run_unknown(under)
    events = {label: Tally() for label in found.foreign}
    for one in ran:
        events[one.scored.stream.subject] += _only_false(one)
    everything = sum(events.values(), Tally())
    return {"all": everything.summary(), "by_label": {label: one.summary() for label, one in events.items()}}


def _only_false(ran: Ran) -> Tally:
    return Tally(false=len(ran.detections), hours=ran.scored.stream.hours)


def _print(result: dict) -> None:
    console = Console() if sys.stdout.isatty() else Console(width=150)
    under = "" if result["under"] == "clean" else f", under {result['under']} (seed {result['seed']})"
    console.print(f"{result['app']}: model {result['model']}, data {result['data'][:16]}{under}", markup=False)
    if result["left_out"]:
        first = printable(", ".join(str(value) for value in result["left_out"][0].values()))
        console.print(f"{len(result['left_out'])} recordings left out as unusable; the first: {first}", markup=False)
    if result["untested"]:
        console.print(f"not tested, as nobody here shows them: {', '.join(result['untested'])}", markup=False)
    if result["recordings"]:
        _print_recordings(result, console)
    if result["streams"]:
        print_streams(result["streams"], console)
        _print_flagged(result["streams"], console)
    if result["unknown_labels"]:
        _print_unknown(result, console)
    if result["trained_with_this_data"]:
        say("warning: this is the data that the model was trained with; the figures say little about anything else")


def _print_recordings(result: dict, console: Console) -> None:
    found = result["recordings"]
    console.print(_accuracy(found))
    console.print(f"mean of the classes: {100 * found['balanced']:.1f} %", highlight=False)
    console.print(_classes(found, result["labels"]))
    if found["more"].get("auc_windows"):
        console.print(_areas(found))
    else:
        for name, value in flat(found["more"]):
            console.print(f"{name}: {value}", markup=False)


def _print_flagged(streams: dict, console: Console) -> None:
    told = {"sensor not believed": streams["flagged"], "held otherwise": streams["held_otherwise"]}
    for what, share in told.items():
        if share:
            console.print(f"{what} {100 * share:.1f} % of the time: no answer then", highlight=False)


def _print_unknown(result: dict, console: Console) -> None:
    names = ", ".join(result["unknown_labels"])
    if not result["unknown"]:
        console.print(f"not judged, as the model does not know them: {names}", markup=False)
        return
    told = result["unknown"]
    made = Table(title="what the model does not know: each event is false", title_justify="left")
    for column in ("label", "hours", "events", "an hour, 95 %"):
        made.add_column(column, justify="left" if column == "label" else "right")
    for label, row in [*told["by_label"].items(), ("all", told["all"])]:
        low, high = row["false_per_hour_interval"]
        rate = f"{row['false_per_hour']:g} ({low:g}..{'?' if high is None else f'{high:g}'})"
        made.add_row(printable(label), f"{row['hours']:.3g}", str(row["false_detections"]), rate)
    console.print(made)


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


def _areas(found: dict) -> Table:
    """An anomaly detector's areas under the curve: of each machine and speed alone, and lumped, by one threshold."""
    made = Table(title="area under the curve [95 %]", title_justify="left")
    for column in ("subject", "windows", "recordings"):
        made.add_column(column, justify="left" if column == "subject" else "right")
    kinds = ("auc_windows", "auc_recordings")
    rows = {subject: one["more"] for subject, one in found["by_subject"].items()}
    lumped = {"all together, one threshold": found["more"]}
    if judged := found["more"].get("where it can judge"):
        lumped["the same, where it says it can judge"] = judged
    for subject, one in (rows | lumped).items():
        made.add_row(subject, *(_area(one.get(kind)) for kind in kinds))
    means = ([one[kind][0] for one in rows.values() if one.get(kind)] for kind in kinds)
    made.add_row("mean of the subjects", *(f"{np.mean(some):.4f}" if some else "-" for some in means))
    return made


def _area(found: list[float] | None) -> str:
    return f"{found[0]:.4f} [{found[1]:.3f}, {found[2]:.3f}]" if found else "-"


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
