"""Which classes each part of a split has recordings of: what nobody trained with a model cannot know, and what nobody
tested with says nothing about it.

check_trained(app, data, split)      # UserError for a class that no training subject has
untested(counts, classes, ...)       # classes of which the test has no recording
"""

import numpy as np

from ml.data.manifest import Dataset
from ml.data.split import Split, named
from ml.errors import UserError
from ml.evaluate.accuracy import without_truth
from ml.pipeline.contract import App


def check_trained(app: App, data: Dataset, split: Split) -> None:
    """A class that is in the data must be in the part that trains."""
    for label in missing(app, data, split.train):
        others = sorted({item.subject for item in data.items if item.label == label})
        raise UserError(
            f"expected recordings of {label!r} by somebody who trains, found them only of {named(others)}, held out of "
            "training: hold out somebody else (--hold-out), record it with another person, or take its rows out"
        )


def missing(app: App, data: Dataset, subjects: tuple[str, ...]) -> list[str]:
    """Classes to be learnt that the data shows and of which these subjects have no recording."""
    shown = {item.label for item in data.items}
    theirs = {item.label for item in data.items if item.subject in set(subjects)}
    return [label for label in app.learnt(data) if label in shown - theirs]


def untested(counts: np.ndarray, classes: list[str], background: int | tuple[int, ...], streams: bool) -> list[str]:
    """Classes that no recording of the test shows, by its confusion matrix. What means nothing fills the streams, so
    where there are streams it is tested."""
    fills = {background} if isinstance(background, int) else set(background)
    return [classes[index] for index in without_truth(counts) if not (streams and index in fills)]


def tested(metrics: dict) -> str:
    """How many classes the test shows where that is not all of them: "1 of 3"; else ""."""
    classes = len(metrics["int8"]["confusion"])
    lacking = len(metrics.get("untested", []))
    return f"{classes - lacking} of {classes}" if lacking else ""


def in_words(classes: list[str], subjects: tuple[str, ...] | list[str]) -> str:
    """A line for people; "" where every class was tested."""
    return f"{', '.join(classes)}: no recording by {named(subjects)}" if classes else ""
