"""`python -m ml data show DATA`: what a data set holds, as tables and as pictures."""

import json
from collections import defaultdict
from pathlib import Path

import click
import numpy as np

from ml.data.checking.survey import Read, survey
from ml.data.commands.tables import print_table
from ml.data.sources import licence
from ml.progress import say


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False))
@click.option("--plots", type=click.Path(file_okay=False), help="Folder for index.html and PNG pictures.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def show(data: str, plots: str | None, as_json: bool) -> None:
    """Durations, classes, subjects and rates of the data set in folder DATA."""
    _, read = survey(Path(data))
    figures = summary(read)
    if as_json:
        click.echo(json.dumps(figures, indent=1))
    else:
        _print(figures)
    if plots:
        from ml.data.commands import pictures  # noqa: PLC0415  matplotlib takes a second

        say(f"pictures: {pictures.write(Path(plots), read, figures)}")


def summary(read: list[Read]) -> dict:
    """Figures of all, of each label and of each subject; JSON-able."""
    good = [one for one in read if one.recording is not None]
    return {
        "recordings": len(read),
        "unreadable": sum(bool(one.error) for one in read),
        "other_sensors": sum(one.recording is None and not one.error for one in read),
        "seconds": round(sum(one.known.seconds for one in good), 3),
        "rates_hz": sorted({one.known.rate_mhz / 1000 for one in good}),
        "sensors": sorted({one.known.sensor for one in good}),
        "licences": sorted({licence(one.row) for one in read} - {""}),
        "labels": {name: _group(group) for name, group in _by(good, "label").items()},
        "subjects": {name: _group(group) for name, group in _by(good, "subject").items()},
    }


def _by(read: list[Read], column: str) -> dict[str, list[Read]]:
    groups: dict[str, list[Read]] = defaultdict(list)
    for one in read:
        groups[getattr(one.row, column)].append(one)
    return dict(sorted(groups.items()))


def _group(group: list[Read]) -> dict:
    seconds = np.array([one.known.seconds for one in group])
    return {
        "recordings": len(group),
        "seconds": round(float(seconds.sum()), 3),
        "shortest_s": round(float(seconds.min()), 3),
        "median_s": round(float(np.median(seconds)), 3),
        "longest_s": round(float(seconds.max()), 3),
        "labels": len({one.row.label for one in group}),
        "subjects": len({one.row.subject for one in group}),
    }


MOST = 40  # rows of a table; of many more subjects nobody reads each


def _print(figures: dict) -> None:
    rates = ", ".join(f"{rate:g}" for rate in figures["rates_hz"][:8])
    minutes = f"{figures['seconds'] / 60:.1f} minutes"
    click.echo(
        f"{figures['recordings']} recordings ({figures['unreadable']} unreadable), {minutes}, "
        f"{', '.join(figures['sensors'])} at {rates} Hz, {len(figures['subjects'])} subjects, "
        f"licence {', '.join(figures['licences']) or 'not stated'}"
    )
    for what, other in (("labels", "subjects"), ("subjects", "labels")):
        names = ("recordings", "seconds", "shortest_s", "median_s", "longest_s", other)
        rows = [[name, *(row[column] for column in names)] for name, row in figures[what].items()]
        if len(rows) > MOST:
            rows = sorted(rows, key=lambda row: -row[1])[:MOST]
        title = what if len(rows) == len(figures[what]) else f"{what}: the {MOST} with most of {len(figures[what])}"
        print_table(title, (what.removesuffix("s"), *names), rows)
