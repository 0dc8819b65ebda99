"""Gestures right by how many people, and how many of their repetitions, the network learned from.

python tools/studies/gesture_curve.py --data DIR

Everybody is left out in turn. One or two of the others train, by the application's recipe, with the first 25, 50 and
100 % of the repetitions of each of their takes. All gestures of the one left out are judged as in gesture_tilt.py, each
turned about axes drawn at random. Trainings are kept, as those of `run` are.

Leaves gesture_curve.json and gesture_curve.png in the folder --out.
"""

import itertools
import math
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import cast

import click
import matplotlib as mpl
import numpy as np
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from ml.data.manifest import Dataset, Item
from ml.data.split import Split
from ml.errors import UserError
from ml.evaluate.tune import decision
from ml.files import write_json
from ml.gesture_recognition.app import GestureRecognition
from ml.pipeline.judge import host_model
from ml.pipeline.run import Run
from ml.pipeline.stages import convert, walk
from ml.progress import say, track
from ml.report.plots import BLUE, GREEN, ORANGE, STYLE, plt
from tools.studies.gesture_tilt import NAME, Judged, outcomes, takes

SHARES = (0.25, 0.5, 1.0)
COLOURS = (BLUE, ORANGE, GREEN)


@click.command()
@click.option("--data", required=True, type=click.Path(exists=True, file_okay=False), help="Folder with recordings.")
@click.option("--angle", default=45, show_default=True, type=click.IntRange(0, 180), help="In degrees.")
@click.option("--out", default="build/gesture_curve", show_default=True, type=click.Path(file_okay=False))
def curve(data: str, *, angle: int, out: str) -> None:
    """Train with fewer people and repetitions; judge everybody who did not train."""
    people = Run(NAME, data).asked().data.subjects
    if len(people) < 3:
        raise UserError(f"--data: expected at least 3 people, found {len(people)}; record more")
    wanted = list(itertools.product(trainers(people), SHARES))
    rows = [row for (some, share) in track(wanted, "networks", len(wanted)) for row in judged(data, some, share, angle)]
    folder = Path(out)
    write_json(folder / "gesture_curve.json", {"angle": angle, "rows": rows})
    picture(rows, folder / "gesture_curve.png", angle)
    (Console() if sys.stdout.isatty() else Console(width=120)).print(table(rows, angle))
    say(f"wrote {folder / 'gesture_curve.png'}")


def trainers(people: list[str]) -> list[tuple[str, ...]]:
    """One of them, or two."""
    return [some for count in (1, 2) for some in itertools.combinations(people, count)]


def judged(data: str, some: tuple[str, ...], share: float, angle: int) -> list[dict]:
    """One network, a row for each person whom it has not seen."""
    task = Run(NAME, data).asked()
    whole, app = task.data, cast(GestureRecognition, task.app)
    others = tuple(one for one in whole.subjects if one not in some)
    task = replace(task, data=first(whole, share), split=Split(some, (), others))
    model = host_model(walk(task, convert)["convert"], app)
    config = decision(task.labels, app.background(task.labels), *app.decision.fallback)
    learned = sum(len(item.recording.movements) for item in task.data.of(some).takes())
    rows = []
    for one in others:
        judge = Judged(app, model, config, task.labels, takes(app, whole, (one,)))
        turned = judge.turned("any axis", angle, np.random.default_rng(0))
        counts = sum((outcomes(judge, stream) for stream in turned), Counter())
        right = {name: counts[name] / counts.total() for name in ("right", "none")}
        rows.append({"left_out": one, "people": len(some), "share": share, "learned": learned} | right)
    return rows


def first(data: Dataset, share: float) -> Dataset:
    """The same with the first of the repetitions in each take, at least one, and the rest between them."""
    items = tuple(_shorter(item, share) if item.is_take else item for item in data.items)
    return replace(data, items=items, hash=data.hash if share == 1 else f"{data.hash} {share}")


def _shorter(item: Item, share: float) -> Item:
    recording, moved = item.recording, item.recording.movements
    count = max(1, math.ceil(share * len(moved)))
    if count >= len(moved) or recording.active is None:
        return item
    end = (moved[count - 1][1] + moved[count][0]) // 2
    return replace(item, recording=replace(recording, samples=recording.samples[:end], active=recording.active[:end]))


def points(rows: list[dict], people: int) -> list[tuple[float, list[float]]]:
    """For each share: gestures learned from, and the share right of each person left out, a mean over its networks."""
    made = []
    for share in sorted({row["share"] for row in rows}):
        some = [row for row in rows if row["people"] == people and row["share"] == share]
        names = sorted({row["left_out"] for row in some})
        right = [float(np.mean([row["right"] for row in some if row["left_out"] == one])) for one in names]
        made.append((float(np.mean([row["learned"] for row in some])), right))
    return made


def picture(rows: list[dict], path: Path, angle: int) -> None:
    """By the gestures learned from: the mean with the lowest and the highest person, and each person; a PNG."""
    with mpl.rc_context(STYLE):
        figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained", sharey=True)
        for people, colour in ((1, ORANGE), (2, BLUE)):
            made = points(rows, people)
            across, means = [one[0] for one in made], [100 * float(np.mean(one[1])) for one in made]
            ends = [[100 * edge(one[1]) for one in made] for edge in (min, max)]
            spread = np.abs([np.subtract(means, ends[0]), np.subtract(ends[1], means)])
            left.errorbar(across, means, yerr=spread, color=colour, marker="o", capsize=3)
        left.set_title("orange: one person trained; blue: two; bars: lowest and highest person", size=9, loc="left")
        left.set(ylabel=f"gestures right, turned by {angle} degrees, %")
        made, names = points(rows, 2), sorted({row["left_out"] for row in rows})
        for at, (name, colour) in enumerate(zip(names, itertools.cycle(COLOURS))):
            right.plot(
                [one[0] for one in made], [100 * one[1][at] for one in made], color=colour, marker="o", label=name
            )
        right.set_title("two people trained; who was left out", size=9, loc="left")
        right.legend(loc="lower right")
        for axes in (left, right):
            axes.axhline(95, color=GREEN, linestyle="--", linewidth=1)
            axes.set(xscale="log", xlabel="gestures learned from (the line is what is asked)")
            ticks = sorted({round(one[0]) for count in (1, 2) for one in points(rows, count)})
            axes.set_xticks(ticks, [str(one) for one in ticks])
            axes.minorticks_off()
        figure.savefig(path, dpi=130)
        plt.close(figure)


def table(rows: list[dict], angle: int) -> Table:
    made = Table(title=f"gestures right of people who did not train, turned by {angle} degrees, %")
    for name in ("people who trained", "share of their repetitions", "gestures", "mean", "each person"):
        made.add_column(name, justify="right", no_wrap=True)
    for people in (1, 2):
        for share, (learned, right) in zip(SHARES, points(rows, people), strict=True):
            each = ", ".join(f"{100 * one:.1f}" for one in right)
            made.add_row(str(people), f"{share:.0%}", f"{learned:.0f}", f"{100 * np.mean(right):.1f}", each)
    return made


if __name__ == "__main__":
    curve()
