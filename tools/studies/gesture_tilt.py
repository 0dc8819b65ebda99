"""Turns recorded gestures as if the device were held otherwise, and says what models make of them.

python tools/studies/gesture_tilt.py --data DIR --subject NAME     # somebody whom the committed model has not seen
python tools/studies/gesture_tilt.py --run build/a --run build/b   # the people whom each of these runs held out
python tools/studies/gesture_tilt.py --data DIR --each --seeds 3   # everybody, left out in turn, with three seeds

A run is the folder of `python -m ml run gesture_recognition --out FOLDER`; the lines then sum over all runs. `--each`
trains as `run` does, by the application's recipe, and keeps what it has trained; its events are those of the decision
that the application falls back on.

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

from ml.compiler.host import HostModel
from ml.data.augmentation import rotate
from ml.data.manifest import Dataset
from ml.data.recordings import saturate
from ml.data.streams import Stream
from ml.errors import UserError
from ml.evaluate.intervals import wilson
from ml.evaluate.streams import Tally, judge
from ml.evaluate.tune import decision
from ml.gesture_recognition.app import GestureRecognition
from ml.native.decide import DecideConfig
from ml.native.imu import windows
from ml.paths import ROOT
from ml.pipeline.contract import find
from ml.pipeline.judge import host_model
from ml.pipeline.run import Run, last
from ml.pipeline.stages import convert, walk
from ml.progress import track
from ml.train.training import to_int8
from ml.trial.committed import Committed, committed

NAME = "gesture_recognition"
ANGLES = (0, 15, 30, 45, 60, 90, 180)
DRAWN = 15  # axes for each take and angle
KINDS = ("any axis", "the vertical", "a level axis")
OUTCOMES = ("right", "none", "flagged", "wrong")


@dataclass(frozen=True)
class Judged:
    """A model, and takes of people whom it has not seen."""

    app: GestureRecognition
    model: HostModel
    config: DecideConfig
    labels: list[str]
    streams: list[Stream]
    name: str = ""  # who is judged, and by which seed

    @classmethod
    def of(cls, made: Committed, data: Dataset, subjects: tuple[str, ...]) -> "Judged":
        app = cast(GestureRecognition, made.app)
        return cls(app, made.model, made.config, made.labels(data), takes(app, data, subjects))

    @classmethod
    def of_run(cls, folder: str) -> "Judged":
        run = last(NAME, folder)
        task = run.asked()
        return cls.of(committed(task.app, run.header_folder), task.data, task.split.test)

    @classmethod
    def trained(cls, data: str, subject: str, seed: int) -> "Judged":
        """By a network that has not seen this person."""
        task = Run(NAME, data, (subject,), seed).asked()
        app, labels = cast(GestureRecognition, task.app), task.labels
        model = host_model(walk(task, convert)["convert"], app)
        config = decision(labels, app.background(labels), *app.decision.fallback)
        return cls(app, model, config, labels, takes(app, task.data, (subject,)), f"{subject}, seed {seed}")

    def turned(self, kind: str, degrees: float, rng: np.random.Generator) -> list[Stream]:
        up = np.array(self.app.config.front_end.hold)
        count = DRAWN if degrees else 1
        return [turn(one, axis(kind, up, rng), degrees) for one in self.streams for _ in range(count)]


def takes(app: GestureRecognition, data: Dataset, subjects: tuple[str, ...]) -> list[Stream]:
    """Of some people, or of everybody."""
    streams = app.streams(data.of(subjects) if subjects else data, 0)
    if not streams:
        raise UserError(f"expected whole takes (a column `active`) of {', '.join(subjects) or 'anybody'}, found none")
    return streams


@click.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False), help="Folder with recordings.")
@click.option("--subject", multiple=True, help="Whose recordings; without it everybody's.")
@click.option("--run", "runs", multiple=True, type=click.Path(exists=True, file_okay=False), help="Folder of a run.")
@click.option("--each", is_flag=True, help="Leave everybody in DATA out in turn, and train.")
@click.option("--seeds", default=1, show_default=True, type=click.IntRange(1, 20), help="Of these trainings.")
@click.option("--about", "kinds", multiple=True, type=click.Choice(KINDS), help="Only these axes.")
@click.option("--angle", "angles", multiple=True, type=click.IntRange(0, 180), help="Only these, in degrees.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Of the axes.")
def tilt(data: str | None, subject: tuple[str, ...], runs: tuple[str, ...], *, seed: int, **asked) -> None:
    """Print the outcomes for each kind of axis and each angle."""
    if bool(data) == bool(runs):
        raise UserError("expected --data for the committed model, or --run for others; give one of the two")
    if asked["each"] and not data:
        raise UserError("expected --data beside --each, found --run; leave --each away, or give the recordings")
    judged = [Judged.of_run(one) for one in runs] if runs else of_data(data or "", subject, asked)
    rng = np.random.default_rng(seed)
    turns = [(kind, angle) for kind in asked["kinds"] or KINDS for angle in asked["angles"] or ANGLES]
    table = Table(title=f"{NAME} turned, in % of its windows", title_justify="left")
    for column in ("about", "degrees", *OUTCOMES, "not wrong (95 %)", "found", "false events", "right, of each"):
        table.add_column(column, justify="left" if column == "about" else "right", no_wrap=True)
    for kind, angle in track(turns, "turning", len(turns)):
        table.add_row(kind, str(angle), *row(judged, kind, angle, rng))
    shown = Console() if sys.stdout.isatty() else Console(width=200)
    shown.print(table)
    if len(judged) > 1 and judged[0].name:
        shown.print("each: " + "; ".join(one.name for one in judged))


def of_data(data: str, subjects: tuple[str, ...], asked: dict) -> list[Judged]:
    """The committed model on recordings, or models without each of their people."""
    if not asked["each"]:
        made = committed(find(NAME), ROOT / "lib" / f"{NAME}_model")
        return [Judged.of(made, made.app.data(Path(data), 0), subjects)]
    people = subjects or tuple(find(NAME).data(Path(data), 0).subjects)
    wanted = [(one, seed) for one in people for seed in range(asked["seeds"])]
    return [Judged.trained(data, *one) for one in track(wanted, "people", len(wanted))]


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
    each, tally = [Counter() for _ in judged], Tally()
    for one, counts in zip(judged, each, strict=True):
        for stream in one.turned(kind, degrees, rng):
            counts.update(outcomes(one, stream))
            tally += judge(one.app.score(stream, one.model), one.labels, one.config, one.app.decision.tolerance_s)[0]
    counts = sum(each, Counter())
    # A gesture turned again, or judged by another seed's model, is no other.
    people = {stream.subject: one for one in judged for stream in one.streams}
    total, gestures = counts.total(), sum(len(stream.truth) for one in people.values() for stream in one.streams)
    low, high = wilson(round((1 - counts["wrong"] / total) * gestures), gestures)
    shares = [f"{100 * counts[name] / total:.1f}" for name in OUTCOMES]
    not_wrong = f"{1 - counts['wrong'] / total:.1%} ({low:.1%}..{high:.1%})"
    right = [f"{100 * one['right'] / one.total():.1f}" for one in each]
    return [*shares, not_wrong, f"{tally.hits}/{total}", str(tally.false), ", ".join(right)]


def outcomes(judged: Judged, stream: Stream) -> Counter:
    """Of the window around each gesture of a stream."""
    labels, config = judged.labels, judged.app.config.front_end.imu()
    through = windows(stream.samples, config, stream.rate_mhz)
    middle = through.sample - config.window * stream.rate_mhz / config.rate_mhz / 2
    at = [int(np.abs(middle - (one.start + one.end) / 2).argmin()) for one in stream.truth]
    answers = to_int8(judged.app.scores(judged.model, through.windows[at])).argmax(1)
    none = judged.app.background(labels)
    counts = Counter()
    for one, answer, held in zip(stream.truth, answers, through.held[at], strict=True):
        right, nothing = labels[answer] == one.label, answer == none
        counts["flagged" if not held else "right" if right else "none" if nothing else "wrong"] += 1
    return counts


if __name__ == "__main__":
    tilt()
