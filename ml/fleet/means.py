"""Class sums: one round without any gradient. Boards add up the features of each class (lib/learn keeps such sums), and
the means of all boards become a last layer: the nearest class mean (Mensink et al., TPAMI 2013) is a linear layer.
"""

import numpy as np

from ml.errors import UserError
from ml.fleet.layer import Layer

SHARE = (
    0.5  # of the longest row of the layer before: the sums do not tell how sure it may be; see docs/fleet_learning.md
)


def class_sums(features: np.ndarray, labels: np.ndarray, classes: int) -> np.ndarray:
    """int64 (classes, features + 1): for each class the sums of its int8 features, and how many examples there were."""
    rows = [
        np.append(features[labels == at].astype(np.int64).sum(axis=0), np.sum(labels == at)) for at in range(classes)
    ]
    return np.stack(rows)


def of_sums(sums: np.ndarray, layer: Layer) -> tuple[np.ndarray, np.ndarray]:
    """Weights and bias, real, of sums of any common factor, (classes, features + 1). UserError for a class of which
    nobody had an example: beside the means of the others its old weights would mean nothing."""
    counts = sums[:, -1]
    if lacking := np.flatnonzero(counts <= 0).tolist():
        raise UserError(f"expected examples of every class, found none of {lacking}; learn updates instead of sums")
    means = sums[:, :-1] / counts[:, None] - layer.feature_zero
    longest = [np.sqrt((one**2).sum(axis=1)).max() for one in (layer.weights, means - means.mean(axis=0))]
    if not longest[1]:
        raise UserError("expected classes whose means differ, found one mean; nothing can be told apart by it")
    unit = SHARE * longest[0] / longest[1]
    bias = -np.sum(means**2, axis=1) / 2
    return (means - means.mean(axis=0)) * unit, (bias - bias.mean()) * unit * layer.feature_scale
