"""Words of one's own beside the committed keywords: how many are found, and what else is taken for them.

python -m tools.studies.learning_words --data ../shared/data/speech

Each speaker of the words whose label begins with `ar_` shows three clips of each; the others judge. The learner is the
device's, with the settings of apps/keyword_spotting; before that it hears a hundred other words.
"""

import csv
from pathlib import Path
from typing import Any

import click
import numpy as np

from ml.cli import run_cli
from ml.data.reading import read_recording
from ml.native.learner import Learner, Settings
from ml.paths import ROOT
from ml.pipeline.contract import find
from ml.progress import track
from ml.trial.committed import committed

APP, OWN, OTHER = "keyword_spotting", "ar_", "_unknown_"
SETTINGS = Settings(stray=5, places=6, guards=10)
EXAMPLES, BEFORE, MOST = 3, 100, {OTHER: 500}
KEYWORD_CLIPS = 60


def heard(data: Path, labels: list[str]) -> dict[str, np.ndarray]:
    """Features, scores, label and speaker of clips."""
    made: Any = committed(find(APP), ROOT / f"lib/{APP}_model")
    rows = list(csv.DictReader((data / "manifest.csv").open()))
    draw, chosen = np.random.default_rng(0), []
    for label in sorted({row["label"] for row in rows}):
        some = [row for row in rows if row["label"] == label]
        if label.startswith(OWN):
            chosen += some
        elif label in labels or label == OTHER:
            chosen += [some[i] for i in draw.permutation(len(some))[: MOST.get(label, KEYWORD_CLIPS)]]
    seen = [_layers(made, data / row["file"]) for row in track(chosen, "clips", len(chosen))]
    features, scores = (np.array([np.frombuffer(one[k].data, np.int8) for one in seen]) for k in (-3, -1))
    told = {name: np.array([row[name] for row in chosen]) for name in ("label", "subject")}
    return {"features": features, "scores": scores, **told}


def _layers(made: Any, path: Path) -> list:
    samples = read_recording(path, made.rate_mhz / 1000, "mic").samples
    short = max(0, made.app.config.front_end.samples - len(samples))
    windows = made.app.inputs(np.pad(samples, ((0, short), (0, 0))), made.rate_mhz).windows
    return made.model.layers(made.model.all_but_last(windows[len(windows) // 2]))


@click.command()
@click.option(
    "--data", required=True, type=click.Path(exists=True, file_okay=False), help="Recordings with a manifest."
)
def study(data: str) -> None:
    """Judge words of one's own, and what they cost the keywords."""
    made = committed(find(APP), ROOT / f"lib/{APP}_model").model.model
    labels = [made.label[i].decode() for i in range(made.classes)]
    clips, rng = heard(Path(data), labels), np.random.default_rng(0)
    features, scores, label, subject = (clips[name] for name in ("features", "scores", "label", "subject"))
    words = [one for one in sorted(set(label)) if one.startswith(OWN)]
    background, counts = labels.index("unknown"), np.zeros(7)
    for speaker in sorted(set(subject[label == words[0]])):
        own, judged = Learner(labels, background, features.shape[1], "study", SETTINGS), []
        before = rng.permutation(np.flatnonzero(label == OTHER))[:BEFORE]
        own.windows(np.ones(BEFORE), features[before], scores[before])
        for word in words:
            clip = rng.permutation(np.flatnonzero((label == word) & (subject == speaker)))
            own.show(word, EXAMPLES)
            for one in clip[:EXAMPLES]:
                own.windows(np.array([9, 0, 0]), features[[one] * 3], scores[[one] * 3])
            judged += list(clip[EXAMPLES:])
        others = np.setdiff1d(np.flatnonzero([not one.startswith(OWN) for one in label]), before)
        asked = np.concatenate([judged, others]).astype(int)
        answers = np.array(own.labels)[own.windows(np.ones(len(asked)), features[asked], scores[asked]).argmax(1)]
        mine, theirs, truth = answers[: len(judged)], answers[len(judged) :], label[others]
        taken, keyword = np.isin(theirs, words), np.isin(truth, labels)
        committed_one = np.array(labels)[scores[others].argmax(1)] == truth
        counts += [
            (mine == label[judged]).sum(),
            len(judged),
            taken[truth == OTHER].sum(),
            (truth == OTHER).sum(),
            committed_one[keyword].sum(),
            (theirs == truth)[keyword].sum(),
            keyword.sum(),
        ]
    found, own_clips, taken, other, was, now, keywords = counts
    click.echo(f"own words found: {found / own_clips:.1%} of {own_clips:g}")
    click.echo(f"other words taken for one of them: {taken / other:.1%}")
    click.echo(f"keywords: {was / keywords:.1%} as committed, {now / keywords:.1%} beside the {len(words)} words")


if __name__ == "__main__":
    run_cli(study, "python -m tools.studies.learning_words")
