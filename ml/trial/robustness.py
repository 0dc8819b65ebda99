"""`python -m ml robustness APP`: what noise, other mountings and broken sensors cost, as a table in the report.

python -m ml robustness gesture_recognition                      # the last run's model and the people it held out
python -m ml robustness gesture_recognition --data DIR           # the committed model by another folder

Each row is kept as soon as it is there: a table that was interrupted goes on where it was.
"""

import dataclasses
import hashlib
import json
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from ml.cli import Between
from ml.errors import UserError
from ml.evaluate.intervals import short
from ml.evaluate.streams import Tally
from ml.files import replace_file, write_json
from ml.kept import made_once
from ml.paths import ROOT
from ml.pipeline.cache import STAGES, key
from ml.pipeline.contract import APPS, find
from ml.pipeline.run import last, results
from ml.progress import say
from ml.report import page, plots
from ml.trial.committed import committed
from ml.trial.disturbances import Disturbance, table
from ml.trial.judging import Material, flagged

# What decides a row besides the application's own sources: who judges, the front ends and decisions in C, the data.
CODE = tuple(
    ROOT / part for part in ("ml/evaluate", "ml/trial", "ml/native", "ml/data", "lib/health", "lib/nn", "lib/decide")
)


@click.command()
@click.argument("app", metavar="APP", type=click.Choice(list(APPS)))
@click.option("--data", type=click.Path(exists=True), help="Folder of recordings, instead of those held out.")
@click.option("--model", type=click.Path(file_okay=False), help="Folder with the header, instead of lib/APP_model.")
@click.option(
    "--hours", default=1.0, show_default=True, type=Between(0, min_open=True), help="Of streams, at most, for each row."
)
@click.option("--only", multiple=True, metavar="WORD", help="Only disturbances with this in their name, and `clean`.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Of noise and of random axes.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--out", type=click.Path(file_okay=False), help="The folder that was given to `train` or `run`.")
def robustness(
    app: str,
    *,
    data: str | None,
    model: str | None,
    hours: float,
    only: tuple[str, ...],
    seed: int,
    as_json: bool,
    out: str | None,
) -> None:
    """Judge a model with noise, other mountings and broken sensors; add the table to the report."""
    found = _of_folder(app, data, model, hours, seed) if data else _of_run(app, model, out, hours, seed)
    tried = chosen(table(found.made.app.sensor, found.babble is not None, _feels_gravity(found)), only)
    rows = [_kept_row(found, name, under, hours) for name, under in tried.items()]
    result = {
        "app": app,
        "model": found.made.model.model.hash.decode(),
        "data": found.data.hash,
        "seed": seed,
        "recordings": 0 if found.held_out is None else len(found.held_out),
        "hours": sum(one.hours for one in found.streams),
        "rows": rows,
    }
    folder = results(app, out)
    write_json(folder / "robustness.json", result)
    replace_file(folder / "robustness.svg", plots.robustness(rows).encode())
    if as_json:
        click.echo(json.dumps(result, indent=1))
    else:
        (Console() if sys.stdout.isatty() else Console(width=120)).print(_table(result))
    _report(folder, result["model"])


def _of_folder(app: str, data: str, model: str | None, hours: float, seed: int) -> Material:
    made = committed(find(app), Path(model) if model else ROOT / "lib" / f"{app}_model")
    return Material.of(made, made.app.data(Path(data), 0), hours=hours, seed=seed)


def _of_run(app: str, model: str | None, out: str | None, hours: float, seed: int) -> Material:
    """The people whom the last run held out, and its model."""
    run = last(app, out)
    task = run.asked()
    made = committed(task.app, Path(model) if model else run.header_folder)
    return Material.of(made, task.data.of(task.split.test), hours=hours, seed=seed)


def _feels_gravity(found: Material) -> bool:
    return any(item.recording.gravity for item in found.data.items)


def chosen(tried: dict[str, Disturbance], only: tuple[str, ...]) -> dict[str, Disturbance]:
    """Those with one of the words in their names; all of them without any word."""
    some = {name: under for name, under in tried.items() if under.is_nothing or any(word in name for word in only)}
    if only and len(some) < 2:
        raise UserError(f"--only: expected a part of a name ({', '.join(tried)}), found {', '.join(only)}")
    return some if only else tried


def _kept_row(found: Material, name: str, under: Disturbance, hours: float) -> dict:
    """The row, made now or by an earlier call."""
    inputs = {
        "header": hashlib.sha256(found.made.header.read_bytes()).hexdigest(),
        "data": found.data.hash,
        "subjects": found.data.subjects,
        "asked": [name, dataclasses.asdict(under), hours, found.seed],
    }
    folder = STAGES / f"robustness-{key(inputs, (*CODE, *found.made.app.code))}"
    if not made_once(folder, lambda scratch: write_json(scratch / "row.json", _row(found, name, under))):
        say(f"{name}: as before")
    return json.loads((folder / "row.json").read_text())


def _row(found: Material, name: str, under: Disturbance) -> dict:
    """JSON-able: what the model comes to under one disturbance."""
    say(f"{name} ...")
    recordings, ran = found.recordings(under), found.run(under, name)
    streams = sum((tally for _, tally in found.tallies(ran)), Tally()).summary() if ran else None
    kept = ("right", "repetitions", "accuracy", "interval", "more")
    return {
        "name": name,
        "options": str(under),
        "recordings": recordings and {key: recordings[key] for key in kept},
        "streams": streams,
        "flagged": flagged(ran),
        "held_otherwise": flagged(ran, "held_otherwise"),
    }


def _table(result: dict) -> Table:
    made = Table(title=f"{result['app']}, model {result['model']}: seed {result['seed']}", title_justify="left")
    areas = any(map(_area, result["rows"]))
    for column in (
        "disturbance",
        "recordings right",
        *(["area under the curve"] if areas else []),
        "found, 95 %",
        "false alarms an hour, 95 %",
        "not believed",
        "held otherwise",
    ):
        made.add_column(column, justify="left" if column == "disturbance" else "right")
    for row in result["rows"]:
        right, *others = _cells(row)
        made.add_row(row["name"], right, *([_area(row)] if areas else []), *others)
    made.caption = f"{result['recordings']} recordings and {result['hours']:.3g} hours of streams in each row"
    made.caption_justify = "left"
    return made


def _cells(row: dict) -> list[str]:
    recordings, streams = row["recordings"], row["streams"]
    right = f"{100 * recordings['accuracy']:.1f} %" if recordings else ""
    told = (f"{100 * row[name]:.1f} %" for name in ("flagged", "held_otherwise"))
    return [right, *(_of_streams(streams) if streams else ("", "")), *told]


def _area(row: dict) -> str:
    """An anomaly detector's, of all windows by one threshold."""
    found = ((row["recordings"] or {}).get("more") or {}).get("auc_windows")
    return f"{found[0]:.3f}" if found else ""


def _of_streams(one: dict) -> tuple[str, str]:
    low, high = one["detection_interval"]
    found = f"{one['hits']}/{one['movements']} ({100 * low:.0f}..{100 * high:.0f})" if one["movements"] else ""
    least, most = one["false_per_hour_interval"]
    rate = one["false_detections"] / one["hours"] if one["hours"] else 0.0
    return found, f"{short(rate)} ({short(least)}..{'?' if most is None else short(most)})"


def _report(folder: Path, model: str) -> None:
    """Writes the table into the report of the run that made this model."""
    try:
        made = json.loads((folder / "compiled.json").read_text())["model"]
    except (OSError, ValueError, KeyError, TypeError):
        made = None
    if made == model:
        say(f"report: {page.write(folder)}")
    else:
        say(f"wrote {folder / 'robustness.json'} and .svg; no report: {folder} holds no run of this model")
