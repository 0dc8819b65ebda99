"""Sensitivity and specificity of whole recordings of people whom the model has never seen; the name of each wrong one.

python -m ml run fall_detection --data DIR && python tools/studies/fall_people.py

Each person is scored by a model of the last run that was trained without them: the test's people by the model itself,
the others by one of those that tuned its decision. A recording goes through front end, gate and network in C by itself,
going on in a mirror of time at both ends. A fall is found if any impact in it reaches the threshold; a daily activity
is right if none does. Hours of daily activity: the recordings, and varied copies of them; how many of a day they are is
said in activities, for nobody jumps and lies down all day. The same recordings are judged as sensors would give them
that show a tenth too little or too much, or have an offset.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import cast

import click
import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.compiler.host import HostModel
from ml.data.manifest import Item
from ml.data.recordings import ACCEL_PER_G, saturate
from ml.data.split import folds
from ml.evaluate.intervals import garwood, wilson
from ml.fall_detection.app import FallDetection
from ml.fall_detection.config import ADL, FALL
from ml.fall_detection.examples import peaks, shares
from ml.fall_detection.variation import any_rotation, vary
from ml.files import write_json
from ml.pipeline.judge import host_model
from ml.pipeline.run import last, results
from ml.pipeline.stages import convert, walk
from ml.pipeline.task import Task
from ml.progress import say, track
from ml.train.training import to_int8

NAME = "fall_detection"
NEVER = -1  # the score of a recording that never wakes the network
COPIES = 8  # varied, of each recorded daily activity; of a long one fewer
A_DAY = 288  # activities: one every five minutes
OFFSET_G = 0.1
SENSORS = {  # what a sensor that is not exact makes of counts; `way` is a direction
    "a tenth too little": lambda samples, way: samples * 0.9,
    "a tenth too much": lambda samples, way: samples * 1.1,
    f"an offset of {OFFSET_G:g} g": lambda samples, way: samples + way * OFFSET_G * ACCEL_PER_G,
}


@click.command()
@click.option("--threshold", type=click.IntRange(0, 255), help="The threshold, of 255; otherwise that of the last run.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option("--out", type=click.Path(file_okay=False), help="The folder of the run, instead of build/fall_detection.")
def people(threshold: int | None, seed: int, out: str | None) -> None:
    """Sensitivity, specificity, false alarms in hours of daily activity, of people whom a model has not seen."""
    folder = results(NAME, out)
    task = last(NAME, out).task()
    if threshold is None:
        threshold = int(json.loads((folder / "decision.json").read_text())["config"]["threshold"][1])
    judges = [(replace(task, split=fold.split), fold.choosing) for fold in folds(task.split)]
    judges.append((task, task.split.test))
    judged = [judge(one, subjects, seed) for one, subjects in track(judges, "people", len(judges))]
    rows = sorted((row for one in judged for row in one), key=lambda row: row["file"])
    write_json(folder / "people.json", {"threshold": threshold, "rows": rows})
    shown = Console() if sys.stdout.isatty() else Console(width=160)
    shown.print(table(rows, threshold))
    shown.print(sensors(rows, threshold))
    for row in rows:
        if wrong(row["score"], row, threshold):
            say(
                f"{row['file']}: {row['score']} of 255 ({row['activity']}, {row['source']}, peak {row['peak_g']:.2f} g)"
            )
    say(f"wrote {folder / 'people.json'}")


def judge(task: Task, subjects: tuple[str, ...], seed: int) -> list[dict]:
    """The recordings of some people, scored by a model that has never seen them."""
    app, model = cast(FallDetection, task.app), host_model(walk(task, convert)["convert"], task.app)
    rng = np.random.default_rng(seed)
    return [row(app, model, item, rng) for item in task.data.of(subjects).items]


def row(app: FallDetection, model: HostModel, item: Item, rng: np.random.Generator) -> dict:
    """What became of a recording: its highest score of a fall, 0..255, those of varied copies, and by other sensors."""
    samples, rate = item.recording.samples, item.recording.rate_mhz
    by = app.config.training.variation
    copies = [vary(samples, rate, by, rng) for _ in range(shares(item, COPIES) if item.label == ADL else 0)]
    way = any_rotation(rng)[0]
    seen = {name: highest(app, model, saturate(sense(samples, way)), rate) for name, sense in SENSORS.items()}
    return {
        "file": item.file, "label": item.label, "subject": item.subject, "seconds": item.recording.seconds,
        "source": item.source, "activity": item.more.get("activity", ""), "sensors": seen,
        "peak_g": float(np.linalg.norm(samples.astype(float), axis=1).max() / ACCEL_PER_G),
        "score": highest(app, model, samples, rate), "copies": [highest(app, model, one, rate) for one in copies],
    }  # fmt: skip


def highest(app: FallDetection, model: HostModel, samples: np.ndarray, rate_mhz: int) -> int:
    """The highest score of a fall, 0..255, of any impact in a recording; NEVER where the network slept all the time."""
    at, windows = peaks(samples, rate_mhz, app.config.front_end.impact(), app.config.gate.gate().open_at)
    scores = to_int8(app.scores(model, windows[(at >= 0) & (at < len(samples))]))
    return max(scores[:, 1].tolist(), default=NEVER - 128) + 128


def wrong(score: int, one: dict, threshold: int) -> bool:
    return (score >= threshold) != (one["label"] == FALL)


def table(rows: list[dict], threshold: int) -> Table:
    """A line for each source, which tells where it was worn, and one for all."""
    made = Table(title=f"people whom the model has not seen, threshold {threshold} of 255", title_justify="left")
    for name in ("source", "sensitivity (95 %)", "specificity (95 %)", "false alarms (95 %)", "of a day's activities"):
        made.add_column(name, justify="left" if name == "source" else "right", no_wrap=True)
    for source in sorted({one["source"] for one in rows}):
        made.add_row(source, *figures([one for one in rows if one["source"] == source], threshold))
    made.add_row("all", *figures(rows, threshold))
    return made


def sensors(rows: list[dict], threshold: int) -> Table:
    """The same recordings as other sensors give them."""
    made = Table(title="the same by a sensor that shows", title_justify="left")
    for name in ("", "falls found", "daily activities right"):
        made.add_column(name, justify="left" if not name else "right", no_wrap=True)
    for name in SENSORS:
        kinds = ([one for one in rows if one["label"] == label] for label in (FALL, ADL))
        right = [(sum(not wrong(one["sensors"][name], one, threshold) for one in kind), len(kind)) for kind in kinds]
        made.add_row(name, *(share(count, total) for count, total in right))
    return made


def figures(rows: list[dict], threshold: int) -> list[str]:
    """Shares with 95 % intervals (Wilson), false alarms likewise (Garwood): of the recordings, and with copies."""
    falls, others = ([one for one in rows if one["label"] == label] for label in (FALL, ADL))
    false = sum(wrong(one["score"], one, threshold) for one in others)
    hours = sum(one["seconds"] for one in others) / 3600
    scores = [score for one in others for score in (one["score"], *one["copies"])]
    copied = sum(one["seconds"] * (1 + len(one["copies"])) for one in others) / 3600
    low, high = garwood(false, hours / 24)
    return [
        share(sum(not wrong(one["score"], one, threshold) for one in falls), len(falls)),
        share(len(others) - false, len(others)),
        f"{false} in {hours:.2f} h ({low:.1f}..{high:.1f} in 24 h)",
        of_a_day(sum(score >= threshold for score in scores), len(scores), copied),
    ]


def of_a_day(false: int, activities: int, hours: float) -> str:
    """False alarms in 24 hours with an activity every five minutes."""
    low, high = garwood(false, activities / A_DAY)
    return f"{false} in {hours:.1f} h: {false / (activities / A_DAY):.2f} in 24 h ({low:.2f}..{high:.2f})"


def share(right: int, total: int) -> str:
    low, high = wilson(right, total)
    return f"{right}/{total} {right / max(1, total):.1%} ({low:.1%}..{high:.1%})"


if __name__ == "__main__":
    people()
