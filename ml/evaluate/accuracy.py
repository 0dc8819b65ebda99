"""How often the answer is right, and how sure that figure is."""

import numpy as np


def confusion(truth: np.ndarray, answer: np.ndarray, classes: int) -> np.ndarray:
    """Counts (classes, classes): row what it was, column what was answered."""
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (truth, answer), 1)
    return counts


def accuracy(counts: np.ndarray) -> float:
    """Share of right answers in a confusion matrix; 0 when it is empty."""
    return float(np.trace(counts) / max(1, counts.sum()))


def wilson(right: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """95 % confidence interval of a share (E. B. Wilson, JASA 22, 1927). (0, 1) when nothing was counted."""
    if total == 0:
        return 0.0, 1.0
    share = right / total
    middle = share + z * z / (2 * total)
    spread = z * np.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return float((middle - spread) / scale), float((middle + spread) / scale)
