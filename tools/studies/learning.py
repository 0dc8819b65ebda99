"""What a few examples of one's own change: the committed gesture model before and after, person by person.

python -m tools.studies.learning --examples 3                   # ten simulated people
python -m tools.studies.learning --data ../shared/data/gesture/uhh --examples 3 --wrong 0.2

Each person shows some repetitions of each gesture, gesture after gesture in random order; some may be labelled wrong.
The learner is the device's (lib/learn, with the settings of apps/gesture_recognition); all other repetitions judge it.
Twenty of these come first, as what the device saw before: they become its old windows, and judge nothing.
"""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from ml.cli import run_cli
from ml.data.synthesis import Plan, generate
from ml.gesture_recognition import presentation
from ml.native.learner import BATCH, Learner, Settings
from ml.paths import ROOT
from ml.pipeline.contract import find
from ml.trial.committed import Committed, committed

APP = "gesture_recognition"
SETTINGS = Settings(stray=12, places=12, guards=14)
PEOPLE, REPETITIONS, SEED = 10, 36, 11
BEFORE = 20  # repetitions that the device has seen


@dataclass(frozen=True)
class Person:
    """What the network makes of somebody's repetitions."""

    name: str
    features: np.ndarray  # int8 (n, features)
    scores: np.ndarray  # int8 (n, classes)
    classes: np.ndarray  # int (n,): what each is


def people(made: Committed, data: Path | None) -> list[Person]:
    folder = data or generate(Plan(people=PEOPLE, repetitions=REPETITIONS), SEED)
    app: Any = made.app
    whole = app.data(folder, 0)
    labels = made.labels(whole)
    return [
        _person(made, name, presentation.held_out(whole.of([name]), labels, app.config.front_end))
        for name in whole.subjects
    ]


def _person(made: Committed, name: str, shown) -> Person:
    seen = [made.model.layers(window) for window in shown.inputs]
    features = np.array([np.frombuffer(layers[-3].data, np.int8) for layers in seen])
    scores = np.array([np.frombuffer(layers[-1].data, np.int8) for layers in seen])
    return Person(name, features, scores, shown.labels)


def attempt(
    made: Committed, labels: list[str], who: Person, examples: int, wrong: float, rng: np.random.Generator
) -> tuple[float, float, Counter]:
    """Accuracy before and after, and what became of each lesson."""
    background = made.config.background
    own = Learner(labels, background, who.features.shape[1], "study", SETTINGS)
    gestures = [one for one in np.unique(who.classes) if one != background]
    shown = np.concatenate(
        [rng.choice(np.flatnonzero(who.classes == one), examples, replace=False) for one in gestures]
    )
    rest = rng.permutation(np.setdiff1d(np.arange(len(who.classes)), shown))
    for one in rest[:BEFORE]:
        own.windows(np.array([1]), who.features[[one]], who.scores[[one]])
        best = int(who.scores[one].argmax())
        if best != background and int(who.scores[one].max()) + 128 >= made.config.threshold[best]:
            own.event(best)
    told = who.classes[shown].copy()
    for at in np.flatnonzero(rng.random(len(told)) < wrong):
        told[at] = rng.choice([one for one in gestures if one != told[at]])
    news = Counter(
        name for one in rng.permutation(gestures) for name in _lessons(own, labels[one], who, shown[told == one])
    )
    test = rest[BEFORE:]
    after = own.windows(np.ones(len(test)), who.features[test], who.scores[test])
    truth = who.classes[test]
    return (who.scores[test].argmax(1) == truth).mean(), (after.argmax(1) == truth).mean(), news


def _lessons(own: Learner, label: str, who: Person, shown: np.ndarray) -> list[str]:
    made = []
    for first in range(0, len(shown), BATCH):
        some = shown[first : first + BATCH]
        own.show(label, len(some))
        for one in some:
            own.windows(np.array([1, 0, 0]), who.features[[one] * 3], who.scores[[one] * 3])
        made.append(own.news.name)
    return made


@click.command()
@click.option(
    "--data", type=click.Path(exists=True, file_okay=False), help="Recordings of people; else simulated ones."
)
@click.option("--examples", default=3, show_default=True, type=click.IntRange(1, BATCH))
@click.option("--wrong", default=0.0, show_default=True, type=click.FloatRange(0, 1), help="Share of wrong labels.")
@click.option("--draws", default=20, show_default=True, type=click.IntRange(1), help="Choices of examples, a person.")
def study(data: str | None, examples: int, wrong: float, draws: int) -> None:
    """Judge the committed gesture model before and after each person has shown some repetitions."""
    made = committed(find(APP), ROOT / f"lib/{APP}_model")
    labels = [made.model.model.label[i].decode() for i in range(made.model.model.classes)]
    rng, all_news, means = np.random.default_rng(0), Counter(), []
    click.echo("| person | committed | learnt | worst draw | draws below the committed model |\n|---|---|---|---|---|")
    for who in people(made, Path(data) if data else None):
        tries = [attempt(made, labels, who, examples, wrong, rng) for _ in range(draws)]
        before, after = np.array([one[:2] for one in tries]).T
        for one in tries:
            all_news += one[2]
        means.append((before.mean(), after.mean()))
        below = int((after < before).sum())
        worst = 100 * (after - before).min()
        told = f"{before.mean():.1%} | {after.mean():.1%} | {worst:+.1f} points | {below} of {draws}"
        click.echo(f"| {who.name} | {told} |")
    before, after = np.mean(means, axis=0)
    click.echo(f"| all | {before:.1%} | {after:.1%} | | |\n")
    click.echo("lessons: " + ", ".join(f"{name} {count}" for name, count in all_news.most_common()))


if __name__ == "__main__":
    run_cli(study, "python -m tools.studies.learning")
