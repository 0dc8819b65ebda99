"""Which classes a test says nothing about."""

import numpy as np

from ml.data.split import named
from ml.evaluate.accuracy import without_truth


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
