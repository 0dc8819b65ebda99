"""Turns recorded gestures as if the device were held otherwise, and says what the committed model makes of them.

python tools/studies/gesture_tilt.py --data DIR --subject NAME     # somebody whom the model was not trained with

Each take is turned as a whole, gravity with it, about axes drawn at random, about the vertical, and about level axes.
Of each gesture the window counts in whose middle it lies: the answer is right, `none`, or wrong, or the front end says
that the device is held otherwise than the model knows, and nobody asks for an answer. Events are those of the stream.
"""

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.data.augmentation import rotate
from ml.data.recordings import saturate
from ml.data.streams import Stream
from ml.errors import UserError
from ml.evaluate.intervals import wilson
from ml.evaluate.streams import judge
from ml.native.imu import windows
from ml.paths import ROOT
from ml.pipeline.contract import find
from ml.progress import console, track
from ml.train.training import to_int8
from ml.trial.committed import Committed, committed

NAME = "gesture_recognition"
ANGLES = (0, 15, 30, 45, 60, 90, 180)
DRAWN = 5  # axes for each angle
OUTCOMES = ("right", "none", "flagged", "wrong")


@click.command()
@click.option("--data", required=True, type=click.Path(exists=True, file_okay=False), help="Folder with recordings.")
@click.option("--subject", multiple=True, help="Whose recordings; without it everybody's.")
@click.option("--model", type=click.Path(exists=True, file_okay=False), help="Folder with the header, instead of lib/.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0))
def tilt(data: str, subject: tuple[str, ...], model: str | None, seed: int) -> None:
    """Print the outcomes for each kind of axis and each angle."""
    made = committed(find(NAME), Path(model) if model else ROOT / "lib" / f"{NAME}_model")
    loaded = made.app.data(Path(data), 0)
    streams = made.app.streams(loaded.of(subject) if subject else loaded, 0)
    if not streams:
        raise UserError(f"{data}: expected whole takes (a column `active`) of {', '.join(subject) or 'anybody'}")
    config: Any = made.app.config
    up = np.array(config.front_end.hold)
    rng = np.random.default_rng(seed)
    asked = [(kind, angle) for kind in ("any axis", "the vertical", "a level axis") for angle in ANGLES]
    table = Table(title=f"{NAME} turned, in % of its windows", title_justify="left")
    for column in ("about", "degrees", *OUTCOMES, "not wrong (95 %)", "found", "false events"):
        table.add_column(column, justify="left" if column == "about" else "right")
    for kind, angle in track(asked, "turning", len(asked)):
        turned = [turn(one, axis(kind, up, rng), angle) for one in streams for _ in range(DRAWN)]
        table.add_row(kind, str(angle), *row(made, made.labels(loaded), turned))
    console.print(table)


def axis(kind: str, up: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A direction of that kind, of length 1, in the device's axes."""
    drawn = rng.normal(size=3)
    if kind == "the vertical":
        drawn = up * rng.choice([-1, 1])
    if kind == "a level axis":
        drawn = np.cross(up, drawn)
    return drawn / np.linalg.norm(drawn)


def turn(stream: Stream, about: np.ndarray, degrees: float) -> Stream:
    return replace(stream, samples=saturate(rotate(stream.samples.astype(float), about * np.radians(degrees))))


def row(made: Committed, labels: list[str], turned: list[Stream]) -> list[str]:
    """A line of the table."""
    counts = sum((outcomes(made, labels, one) for one in turned), Counter())
    total = counts.total()
    low, high = wilson(total - counts["wrong"], total)
    tolerance = made.app.decision.tolerance_s
    tallies = [judge(made.app.score(one, made.model), labels, made.config, tolerance)[0] for one in turned]
    shares = [f"{100 * counts[name] / total:.1f}" for name in OUTCOMES]
    found, false = sum(one.hits for one in tallies), sum(one.false for one in tallies)
    return [*shares, f"{1 - counts['wrong'] / total:.1%} ({low:.1%}..{high:.1%})", f"{found}/{total}", str(false)]


def outcomes(made: Committed, labels: list[str], stream: Stream) -> Counter:
    """Of the window around each gesture of a stream."""
    settings: Any = made.app.config
    config = settings.front_end.imu()
    through = windows(stream.samples, config, stream.rate_mhz)
    middle = through.sample - config.window * stream.rate_mhz / config.rate_mhz / 2
    at = [int(np.abs(middle - (one.start + one.end) / 2).argmin()) for one in stream.truth]
    answers = to_int8(made.app.scores(made.model, through.windows[at])).argmax(1)
    none = made.app.background(labels)
    counts = Counter()
    for one, answer, held in zip(stream.truth, answers, through.held[at], strict=True):
        right, nothing = labels[answer] == one.label, answer == none
        counts["flagged" if not held else "right" if right else "none" if nothing else "wrong"] += 1
    return counts


if __name__ == "__main__":
    tilt()
