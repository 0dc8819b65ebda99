"""Leaves every person out in turn: sensitivity and specificity of whole recordings, and the name of each wrong one.

python tools/studies/fall_people.py --data DIR

A recording goes through front end, gate and network in C by itself, going on in a mirror of time at both ends. A fall
is found if any impact in it reaches the threshold; a daily activity is right if none does. The threshold is
that of the compiled model (`python -m ml run fall_detection` first), the same for every person: it was chosen on
people whom the models scored unseen. Hours of daily activity: the recordings, and varied copies of them; how many of
a day they are is said in activities, for nobody jumps and lies down all day.
"""

import json
import sys
from pathlib import Path
from typing import cast

import click
import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.compiler.host import HostModel
from ml.data.manifest import Item
from ml.data.recordings import ACCEL_PER_G
from ml.evaluate.intervals import garwood, wilson
from ml.evaluate.workers import beside
from ml.fall_detection.app import FallDetection
from ml.fall_detection.config import ADL, FALL
from ml.fall_detection.examples import peaks
from ml.fall_detection.variation import vary
from ml.pipeline.cache import write_json
from ml.pipeline.run import Run, results
from ml.pipeline.stages import host_model, quantise
from ml.progress import say
from ml.train.training import to_int8

NAME = "fall_detection"
NEVER = -1  # the score of a recording that never wakes the network
COPIES = 8  # varied, of each recorded daily activity
A_DAY = 288  # activities: one every five minutes


@click.command()
@click.option(
    "--data", required=True, type=click.Path(exists=True, file_okay=False), help="Folder with a manifest.csv."
)
@click.option("--threshold", type=click.IntRange(0, 255), help="The threshold, of 255; otherwise that of the last run.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
@click.option(
    "--out", type=click.Path(file_okay=False), help="Folder for people.json, instead of build/fall_detection."
)
def people(data: str, threshold: int | None, seed: int, out: str | None) -> None:
    """Leave each person out in turn; sensitivity, specificity, false alarms in hours of daily activity."""
    folder = results(NAME, out)
    if threshold is None:
        threshold = int(json.loads((folder / "decision.json").read_text())["config"]["threshold"][1])
    data = str(Path(data).resolve())
    subjects = FallDetection().data(Path(data), seed).subjects
    judged = beside(judge, [(data, subject, seed) for subject in subjects], "people")
    rows = sorted((row for one in judged for row in one["rows"]), key=lambda row: row["file"])
    write_json(folder / "people.json", {"threshold": threshold, "rows": rows})
    (Console() if sys.stdout.isatty() else Console(width=160)).print(table(rows, threshold))
    for row in rows:
        if wrong(row, threshold):
            say(
                f"{row['file']}: {row['score']} of 255 ({row['activity']}, {row['device']}, peak {row['peak_g']:.2f} g)"
            )
    say(f"wrote {folder / 'people.json'}")


def judge(asked: tuple[str, str, int]) -> dict:
    """The recordings of one person, scored by a model that has never seen that person."""
    data, subject, seed = asked
    task = Run(NAME, data, (subject,), seed).task()
    app, model = cast(FallDetection, task.app), host_model(quantise(task), task.app)
    rng = np.random.default_rng(seed)
    return {"rows": [row(app, model, item, rng) for item in task.data.of((subject,)).items]}


def row(app: FallDetection, model: HostModel, item: Item, rng: np.random.Generator) -> dict:
    """What became of a recording: its highest score of a fall, 0..255, and those of its varied copies."""
    samples, rate = item.recording.samples, item.recording.rate_mhz
    by = app.config.training.variation
    copies = [vary(samples, rate, by, rng) for _ in range(COPIES if item.label == ADL else 0)]
    return {
        "file": item.file, "label": item.label, "subject": item.subject, "seconds": item.recording.seconds,
        "rate_hz": rate / 1000, "activity": item.more.get("activity", ""), "device": item.more.get("device", ""),
        "peak_g": float(np.linalg.norm(samples.astype(float), axis=1).max() / ACCEL_PER_G),
        "score": highest(app, model, samples, rate), "copies": [highest(app, model, one, rate) for one in copies],
    }  # fmt: skip


def highest(app: FallDetection, model: HostModel, samples: np.ndarray, rate_mhz: int) -> int:
    """The highest score of a fall, 0..255, of any impact in a recording; NEVER where the network slept all the time."""
    at, windows = peaks(samples, rate_mhz, app.config.front_end.impact(), app.config.gate.gate().open_at)
    scores = to_int8(app.scores(model, windows[(at >= 0) & (at < len(samples))]))
    return max(scores[:, 1].tolist(), default=NEVER - 128) + 128


def wrong(one: dict, threshold: int) -> bool:
    return (one["score"] >= threshold) != (one["label"] == FALL)


def table(rows: list[dict], threshold: int) -> Table:
    """A line for each sensor rate, which tells where it was worn, and one for all."""
    made = Table(title=f"each person left out in turn, threshold {threshold} of 255", title_justify="left")
    for name in ("sensor", "sensitivity (95 %)", "specificity (95 %)", "false alarms", "of a day's activities"):
        made.add_column(name, justify="left" if name == "sensor" else "right", no_wrap=True)
    for rate in sorted({one["rate_hz"] for one in rows}):
        made.add_row(f"{rate:g} Hz", *figures([one for one in rows if one["rate_hz"] == rate], threshold))
    made.add_row("all", *figures(rows, threshold))
    return made


def figures(rows: list[dict], threshold: int) -> list[str]:
    """Shares with 95 % intervals (Wilson), false alarms likewise (Garwood): of the recordings, and with copies."""
    falls, others = ([one for one in rows if one["label"] == label] for label in (FALL, ADL))
    false = sum(wrong(one, threshold) for one in others)
    hours = sum(one["seconds"] for one in others) / 3600
    scores = [score for one in others for score in (one["score"], *one["copies"])]
    return [
        share(sum(not wrong(one, threshold) for one in falls), len(falls)),
        share(len(others) - false, len(others)),
        f"{false} in {hours:.2f} h",
        of_a_day(sum(score >= threshold for score in scores), len(scores), hours * (1 + COPIES)),
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
