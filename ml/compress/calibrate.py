"""Ranges of activations and of weights, by one of four methods.

| method | which range | source |
|---|---|---|
| minmax | all that was seen | B. Jacob et al., CVPR 2018 |
| percentile | all but the outermost 0.01 % | J. McKinstry et al., arXiv:1809.04191 |
| mse | the least squared error of what is rounded and clipped | R. Banner et al., NeurIPS 2019 |
| entropy | the least divergence (Kullback-Leibler) of the rounded distribution | S. Migacz, GTC 2017 (TensorRT) |

ranges(folded(model), inputs, method="mse")   # layer -> (lowest, highest)
"""

from collections.abc import Iterable, Iterator

import numpy as np

from ml.errors import UserError
from ml.train.keras import keras_module

METHODS = ("minmax", "percentile", "mse", "entropy")
OUTSIDE = 1e-4  # of the values, for `percentile`
BINS = 8192
SHARES = np.linspace(0.3, 1.0, 36)  # of the largest weight, that are tried
PARTS = np.geomspace(0.05, 1.0, 48)  # of all that was seen, that `mse` and `entropy` try
AT_ONCE = 64  # examples
LEAST = 1e-6  # a dead layer's range is no point

Ranges = dict[str, tuple[float, float]]


def check_method(method: str) -> None:
    if method not in METHODS:
        raise UserError(f"calibration: expected one of {', '.join(METHODS)}, found {method!r}")


def ranges(model, inputs: np.ndarray, method: str = "mse", bits: int = 8, names: Iterable[str] | None = None) -> Ranges:
    """Layer -> (lowest, highest) of its output, 0 among them, for the layers `names` (all) of a Keras model on inputs
    float (n, ...). UserError for another method, for no inputs, and for a layer whose output is not finite."""
    check_method(method)
    wanted = [layer.name for layer in model.layers] if names is None else list(names)
    if not len(inputs):
        raise UserError("calibration: expected examples, found none")
    spans: Ranges = {}
    for name, values in _outputs(model, inputs, wanted):
        if not np.isfinite(values).all():
            raise UserError(f"layer {name}: expected finite outputs on the examples, found NaN or infinity")
        low, high = spans.get(name, (0.0, LEAST))
        spans[name] = (min(low, float(values.min())), max(high, float(values.max())))
    if method == "minmax":
        return spans
    counts = {name: np.zeros(BINS) for name in wanted}
    for name, values in _outputs(model, inputs, wanted):
        counts[name] += np.histogram(values, BINS, spans[name])[0]
    return {name: narrowed(counts[name], *spans[name], method, 1 << bits) for name in wanted}


def _outputs(model, inputs: np.ndarray, names: list[str]) -> Iterator[tuple[str, np.ndarray]]:
    inner = keras_module().Model(model.inputs[0], [model.get_layer(name).output for name in names])
    for at in range(0, len(inputs), AT_ONCE):
        made = inner(inputs[at : at + AT_ONCE], training=False)
        yield from ((name, np.asarray(one)) for name, one in zip(names, made, strict=True))


def limits(rows: np.ndarray, bits: int, method: str = "mse") -> np.ndarray:
    """float (channels,): weights of each row, (channels, n), are clipped to plus and minus that; 2^bits - 1 levels.
    `entropy` finds one share of the largest weight for all rows: one row has too few weights for a distribution."""
    check_method(method)
    largest = np.maximum(np.abs(rows).max(axis=1, initial=0), LEAST).astype(np.float64)
    if method == "percentile":
        return np.maximum(np.quantile(np.abs(rows), 1 - OUTSIDE, axis=1), LEAST)
    if method == "mse":
        return _least_error(rows, largest, 2 ** (bits - 1) - 1)
    if method == "entropy":
        counts = np.histogram(rows / largest[:, None], BINS, (-1, 1))[0].astype(float)
        return largest * narrowed(counts, -1.0, 1.0, method, 2**bits - 1)[1]
    return largest


def _least_error(rows: np.ndarray, largest: np.ndarray, steps: int) -> np.ndarray:
    errors = []
    for share in SHARES:
        step = (share * largest / steps)[:, None]
        errors.append(((np.clip(np.rint(rows / step), -steps, steps) * step - rows) ** 2).sum(axis=1))
    return largest * SHARES[np.argmin(errors, axis=0)]


def narrowed(counts: np.ndarray, low: float, high: float, method: str, levels: int) -> tuple[float, float]:
    """The range for a histogram of equal bins between `low` <= 0 and `high` >= 0."""
    edges = np.linspace(low, high, len(counts) + 1)
    if method == "percentile":
        within = np.cumsum(counts) / counts.sum()
        inside = edges[:-1][within > OUTSIDE / 2][0], edges[1:][within >= 1 - OUTSIDE / 2][0]
        return min(float(inside[0]), 0.0), max(float(inside[1]), LEAST)
    loss = _squared if method == "mse" else _divergence
    counts = _without_zeros(counts, edges) if method == "entropy" else counts
    losses = [loss(counts, edges, share * low, share * high, levels) for share in PARTS]
    share = float(PARTS[::-1][np.argmin(losses[::-1])])  # the widest of equals
    return share * low, share * high


def _squared(counts: np.ndarray, edges: np.ndarray, low: float, high: float, levels: int) -> float:
    values, step = (edges[:-1] + edges[1:]) / 2, (high - low) / (levels - 1)
    rounded = np.clip(np.rint(values / step), np.rint(low / step), np.rint(high / step)) * step
    return float(counts @ (rounded - values) ** 2)


def _without_zeros(counts: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """What a ReLU cut off is exact in any range, and would drown the rest of the distribution."""
    made = counts.copy()
    made[(edges[:-1] <= 0) & (edges[1:] >= 0)] = 0
    return made if made.any() else counts


def _divergence(counts: np.ndarray, edges: np.ndarray, low: float, high: float, levels: int) -> float:
    """Of the distribution, what lies outside moved to its ends, from the same in `levels` levels."""
    inside = (edges[1:] > low) & (edges[:-1] < high)
    kept = counts[inside]
    first = int(np.argmax(inside))
    whole = kept.copy()
    whole[0] += counts[:first].sum()
    whole[-1] += counts[first + len(kept) :].sum()
    group = np.arange(len(kept)) * levels // len(kept)
    filled = np.bincount(group, kept > 0, levels)[group]
    level = np.where(kept > 0, np.bincount(group, kept, levels)[group] / np.maximum(filled, 1), 0)
    p, q = whole / whole.sum(), level / max(level.sum(), 1)
    seen = p > 0
    return float((p[seen] * np.log(p[seen] / np.maximum(q[seen], 1e-9))).sum())
