"""How well scores separate faults from the normal state: the area under the receiver operating characteristic."""

import math

import numpy as np


def auc(normal: np.ndarray, anomalous: np.ndarray) -> list[float] | None:
    """[value, low, high]: the chance that a fault scores higher than what is normal, ties half, with its 95 % interval.

    The interval is that of J. A. Hanley and B. J. McNeil, "The meaning and use of the area under a receiver operating
    characteristic curve", Radiology 143, 1982. It takes the scores for independent: those of one recording are not, so
    it is too narrow for windows. None where either is missing.
    """
    if not len(normal) or not len(anomalous):
        return None
    ordered = np.sort(normal)
    below = np.searchsorted(ordered, anomalous, "left") + np.searchsorted(ordered, anomalous, "right")
    area = float(below.mean() / 2 / len(normal))
    one, two = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (len(anomalous) - 1) * (one - area**2) + (len(normal) - 1) * (two - area**2)
    margin = 1.959964 * math.sqrt(max(0.0, spread) / len(normal) / len(anomalous))
    return [round(one, 4) for one in (area, max(0.0, area - margin), min(1.0, area + margin))]


def areas(level: np.ndarray, labels: np.ndarray, files: np.ndarray) -> dict:
    """By window and by recording (the mean of its windows); labels 0 normal, 1 anomalous, `files` as in HeldOut."""
    recording = np.array([str(file).rsplit("[", 1)[0] for file in files])
    names, which = np.unique(recording, return_inverse=True)
    means = np.bincount(which, level) / np.bincount(which)
    kind = np.zeros(len(names), int)
    kind[which] = labels
    return {
        "auc_windows": auc(level[labels == 0], level[labels == 1]),
        "auc_recordings": auc(means[kind == 0], means[kind == 1]),
        "windows": [int((labels == 0).sum()), int((labels == 1).sum())],
        "recordings": [int((kind == 0).sum()), int((kind == 1).sum())],
    }
