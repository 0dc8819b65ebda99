#!/usr/bin/env python3
"""`python -m ml search keyword_spotting` beside the application's own network, which is trained and judged alike: words
found in streams at the false alarms asked for. Front end, people, space and steps are those of the command; the
training is shorter, so that a shared machine can do it.

python tools/studies/keyword_search.py --data ../shared/data/speech --trials 8 --finalists 2
"""

import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.cli import run_cli
from ml.design.design import Design
from ml.evaluate.intervals import short
from ml.files import write_json
from ml.keyword_spotting.app import KeywordSpotting
from ml.keyword_spotting.config import Config, Network
from ml.keyword_spotting.space import of_own
from ml.pipeline.contract import APPS
from ml.pipeline.run import Run
from ml.progress import echo
from ml.search import cost, finalists, loop
from ml.search.loop import Enough
from ml.search.subject import Asked
from ml.shrink import budget
from ml.shrink.budget import Budget

LESS = {"epochs": 10, "falling": 6, "honest": 10, "checkpoints": 0, "least": 0, "searched": 0.0, "batch": 32}


def less() -> KeywordSpotting:
    """Few epochs of few windows, no search for mistakes; some hours of streams."""
    whole = Config()
    streams = replace(whole.streams, count=4, minutes=30.0, repeats=2)
    return KeywordSpotting(replace(whole, training=replace(whole.training, **LESS), streams=streams))


APPS["keyword_spotting"] = "__main__:less"  # in the processes beside this one too: each imports this file


def own(asked: Asked) -> dict:
    """The application's own network as a candidate, which nobody needs to choose."""
    network = Config().network
    design = Design({"log_mel.bands": 40}, of_own(network, 4) if isinstance(network, Network) else network)
    return {"trial": -1, "design": design.table(), "costs": cost.costs(asked.task, design), "rungs": [0.0]}


def told(name: str, row: dict) -> str:
    """A finalist in a line."""
    streams = [one["stream"] for one in row["seeds"]]
    hits, words = (sum(one[key] for one in streams) for key in ("hits", "movements"))
    false, hours = sum(one["false_detections"] for one in streams), sum(one["hours"] for one in streams)
    seeds = ", ".join(f"{one['hits']} with {one['false_detections']}" for one in streams)
    return (
        f"{name}: {row['flash']:,} B, {row['ram']:,} B, {row['cycles']:,} cycles; {100 * row['accuracy']:.1f} % of "
        f"clips; {hits} of {words} words ({100 * hits / words:.1f} %) with {false} false alarms in {hours:.1f} h "
        f"({short(false / hours)} an hour); by seed {seeds}"
    )


@click.command()
@click.option("--data", required=True, help="Folder with recordings, as of `ml search`.")
@click.option("--trials", default=8, show_default=True, type=click.IntRange(1))
@click.option("--finalists", "count", default=2, show_default=True, type=click.IntRange(1))
@click.option("--seeds", default=2, show_default=True, type=click.IntRange(1))
@click.option("--flash", default="80k", show_default=True)
@click.option("--ram", default="8k", show_default=True)
@click.option("--ms", default=7.0, show_default=True, help="On nano33ble; 450,000 cycles.")
@click.option("--out", default="build/keyword_search", show_default=True)
def keyword_search(data: str, trials: int, count: int, seeds: int, flash: str, ram: str, ms: float, out: str) -> None:
    """Search keyword networks of today's size, and judge them beside today's."""
    spent = time.process_time()
    limits = Budget("nano33ble", ms, budget.size(flash, "--flash"), budget.size(ram, "--ram"))
    asked = Asked(Run("keyword_spotting", data=data, out=out), limits)
    front = loop.front(loop.run(asked, Enough(trials, None)))
    echo(f"searched: {time.process_time() - spent:.0f} s of processor time")
    judged = partial(finalists.finalists, asked, count=count, seeds=seeds, workers=1)
    rows = {"own": judged([own(asked)])[0]} | {row["name"]: row for row in judged(front)}
    write_json(asked.run.folder / "keyword_search.json", rows)
    for name, row in rows.items():
        echo(told(name, row))
    echo(f"{time.process_time() - spent:.0f} s of processor time")


if __name__ == "__main__":
    run_cli(keyword_search, "keyword_search.py")
