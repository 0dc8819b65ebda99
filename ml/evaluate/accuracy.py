"""The share of right answers, with its confidence interval."""

import numpy as np

from ml.evaluate.intervals import wilson


def confusion(truth: np.ndarray, answer: np.ndarray, classes: int) -> np.ndarray:
    """Counts (classes, classes): row what it was, column what was answered."""
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (truth, answer), 1)
    return counts


def accuracy(counts: np.ndarray) -> float:
    """Share of right answers in a confusion matrix; 0 when it is empty."""
    return float(np.trace(counts) / max(1, counts.sum()))


def balanced(counts: np.ndarray) -> float:
    """The mean over the classes that occur of the share that was right: frequent classes weigh no more than others."""
    totals = counts.sum(1)
    return float(np.mean(np.diag(counts)[totals > 0] / totals[totals > 0])) if totals.any() else 0.0


def without_truth(counts: np.ndarray) -> list[int]:
    """Classes that never were what it was: a confusion matrix says nothing about them."""
    return np.flatnonzero(counts.sum(1) == 0).tolist()


def figures(truth: np.ndarray, answer: np.ndarray, classes: int) -> dict:
    """Accuracy with its 95 % interval and the confusion, JSON-able. Both int (n,)."""
    counts = confusion(truth, answer, classes)
    right = int(np.trace(counts))
    return {
        "accuracy": accuracy(counts),
        "balanced": balanced(counts),
        "right": right,
        "repetitions": len(truth),
        "interval": wilson(right, len(truth)),
        "confusion": counts.tolist(),
    }


def flat(own: dict, prefix: str = "") -> list[tuple[str, str]]:
    """An application's own figures as lines."""
    lines = []
    for name, value in own.items():
        if isinstance(value, dict):
            lines += flat(value, f"{prefix}{name}, ")
        else:
            lines.append((prefix + name, f"{value:.4g}" if isinstance(value, float) else str(value)))
    return lines
