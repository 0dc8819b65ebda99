"""`python -m ml evaluate APP --data DIR`: the committed model on recordings that nobody trained with.

python -m ml evaluate keyword_spotting --data DIR                       # as they are
python -m ml evaluate keyword_spotting --data DIR --snr 10 --gain -6    # in noise, and softer
"""

import dataclasses
import json
from pathlib import Path

import click
import numpy as np

from ml.cli import Between
from ml.errors import UserError
from ml.evaluate import det
from ml.evaluate.limits import limits_of
from ml.evaluate.streams import Tally
from ml.evaluate.untested import untested
from ml.files import write_json
from ml.paths import ROOT
from ml.pipeline.contract import APPS, find
from ml.progress import say
from ml.report import pictures
from ml.trial.as_shipped import Ran
from ml.trial.committed import committed
from ml.trial.disturbance_options import asked, disturbing
from ml.trial.disturbances import Disturbance
from ml.trial.evaluate_table import print_result
from ml.trial.judging import Material, flagged
from ml.trial.stream_command import HOST, as_in_python, check_target
from ml.trial.stream_summary import check_samples, summary

HALF = 0.5


@click.command("evaluate")
@click.argument("app", metavar="APP", type=click.Choice(list(APPS)))
@click.option("--data", required=True, type=click.Path(exists=True), help="Folder of recordings.")
@click.option("--model", type=click.Path(file_okay=False), help="Folder with the header, instead of lib/APP_model.")
@click.option("--on", "target", default=HOST, show_default=True, help="Where the streams run, as for `stream`.")
@click.option("--limit", type=click.IntRange(1), help="Only so many streams, the first.")
@click.option(
    "--hours", type=Between(0, min_open=True), help="Only the first part of each stream, so many hours in total."
)
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
        print_result(result)
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
    result |= {"flagged": flagged(ran), "held_otherwise": flagged(ran, "held_otherwise"), "blind": _blind(found, ran)}
    if plot:
        matched = [one.judged(found.labels, tolerance)[1] for one in ran]
        for path in pictures.write(plot, "evaluate", result, scored, matched):
            say(f"wrote {path}")
    return result


def _blind(found: Material, ran: list[Ran]) -> dict | None:
    """The share of its windows of which the device says that it cannot judge them, by subject, and what comes of the
    streams of which it says so for less than half; None where it never does."""
    if not any(one.blind for one in ran):
        return None
    subjects = sorted({one.scored.stream.subject for one in ran})
    of_each = {name: [one.blind for one in ran if one.scored.stream.subject == name] for name in subjects}
    seen = [one for one in ran if one.blind < HALF]
    others = sum((tally for _, tally in found.tallies(seen)), Tally()).summary() if seen else None
    return {"share": {name: float(np.mean(shares)) for name, shares in of_each.items()}, "others": others}


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
