"""Turns recorded gestures as if the device were held otherwise, and says what models make of them.

python tools/studies/gesture_tilt.py --data DIR --subject NAME     # somebody whom the committed model has not seen
python tools/studies/gesture_tilt.py --run build/a --run build/b   # the people whom each of these runs held out

A run is the folder of `python -m ml run gesture_recognition --out FOLDER`; the lines then sum over all runs.

Each take is turned as a whole, gravity with it, about axes drawn at random, about the vertical, and about level axes.
Of each gesture the window counts in whose middle it lies: the answer is right, `none`, or wrong, or the front end says
that the device is held otherwise than the model knows, and nobody asks for an answer. Events are those of the stream.
"""

import sys
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import click
import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.data.augmentation import rotate
from ml.data.manifest import Dataset
from ml.data.recordings import saturate
from ml.data.streams import Stream
from ml.errors import UserError
from ml.evaluate.intervals import wilson
from ml.evaluate.streams import Tally, judge
from ml.gesture_recognition.app import GestureRecognition
from ml.native.imu import windows
from ml.paths import ROOT
from ml.pipeline.contract import find
from ml.pipeline.run import last
from ml.progress import track
from ml.train.training import to_int8
from ml.trial.committed import Committed, committed

NAME = "gesture_recognition"
ANGLES = (0, 15, 30, 45, 60, 90, 180)
DRAWN = 15  # axes for each take and angle
OUTCOMES = ("right", "none", "flagged", "wrong")


@dataclass(frozen=True)
class Judged:
    """A model, and takes of people whom it has not seen."""

    made: Committed
    labels: list[str]
    streams: list[Stream]

    @classmethod
    def of(cls, made: Committed, data: Dataset, subjects: tuple[str, ...]) -> "Judged":
        streams = made.app.streams(data.of(subjects) if subjects else data, 0)
        if not streams:
            raise UserError(
                f"expected whole takes (a column `active`) of {', '.join(subjects) or 'anybody'}, found none"
            )
        return cls(made, made.labels(data), streams)

    @classmethod
    def of_run(cls, folder: str) -> "Judged":
        run = last(NAME, folder)
        task = run.asked()
        return cls.of(committed(task.app, run.header_folder), task.data, task.split.test)

    def turned(self, kind: str, degrees: float, rng: np.random.Generator) -> list[Stream]:
        up = np.array(cast(GestureRecognition, self.made.app).config.front_end.hold)
        count = DRAWN if degrees else 1
        return [turn(one, axis(kind, up, rng), degrees) for one in self.streams for _ in range(count)]


@click.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False), help="Folder with recordings.")
@click.option("--subject", multiple=True, help="Whose recordings; without it everybody's.")
@click.option("--run", "runs", multiple=True, type=click.Path(exists=True, file_okay=False), help="Folder of a run.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Of the axes.")
def tilt(data: str | None, subject: tuple[str, ...], runs: tuple[str, ...], seed: int) -> None:
    """Print the outcomes for each kind of axis and each angle."""
    if bool(data) == bool(runs):
        raise UserError("expected --data for the committed model, or --run for others; give one of the two")
    judged = [Judged.of_run(one) for one in runs]
    if data:
        made = committed(find(NAME), ROOT / "lib" / f"{NAME}_model")
        judged = [Judged.of(made, made.app.data(Path(data), 0), subject)]
    rng = np.random.default_rng(seed)
    asked = [(kind, angle) for kind in ("any axis", "the vertical", "a level axis") for angle in ANGLES]
    table = Table(title=f"{NAME} turned, in % of its windows", title_justify="left")
    for column in ("about", "degrees", *OUTCOMES, "not wrong (95 %)", "found", "false events"):
        table.add_column(column, justify="left" if column == "about" else "right", no_wrap=True)
    for kind, angle in track(asked, "turning", len(asked)):
        table.add_row(kind, str(angle), *row(judged, kind, angle, rng))
    (Console() if sys.stdout.isatty() else Console(width=120)).print(table)


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


def row(judged: list[Judged], kind: str, degrees: float, rng: np.random.Generator) -> list[str]:
    """A line of the table."""
    counts, tally = Counter(), Tally()
    for one in judged:
        for stream in one.turned(kind, degrees, rng):
            counts += outcomes(one, stream)
            scored = one.made.app.score(stream, one.made.model)
            tally += judge(scored, one.labels, one.made.config, one.made.app.decision.tolerance_s)[0]
    total, gestures = counts.total(), sum(len(stream.truth) for one in judged for stream in one.streams)
    low, high = wilson(round((1 - counts["wrong"] / total) * gestures), gestures)  # a gesture turned again is no other
    shares = [f"{100 * counts[name] / total:.1f}" for name in OUTCOMES]
    not_wrong = f"{1 - counts['wrong'] / total:.1%} ({low:.1%}..{high:.1%})"
    return [*shares, not_wrong, f"{tally.hits}/{total}", str(tally.false)]


def outcomes(judged: Judged, stream: Stream) -> Counter:
    """Of the window around each gesture of a stream."""
    made, labels = judged.made, judged.labels
    config = cast(GestureRecognition, made.app).config.front_end.imu()
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
