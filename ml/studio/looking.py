"""What there is in a data set: counts, findings, and a map on which alike windows lie together. Runs in a process of
its own; everything that it returns is JSON-able."""

from collections import Counter
from pathlib import Path

import numpy as np

from ml.data.checking.check import check
from ml.data.checking.features import features
from ml.data.checking.survey import survey
from ml.data.manifest import Item
from ml.errors import UserError
from ml.paths import ROOT
from ml.pipeline.contract import find
from ml.trial.committed import Committed, committed

MOST_POINTS = 3000
LEAST_POINTS = 3
LEAST_SAMPLES = 8


def findings(root: Path) -> dict:
    """Recordings by label and subject, and what `ml data check` finds."""
    report = check(root).json()
    _, read = survey(root)
    counts = Counter((one.row.label, one.row.subject) for one in read)
    cells = [{"label": label, "subject": subject, "count": count} for (label, subject), count in sorted(counts.items())]
    seconds: dict[str, float] = dict.fromkeys((one.row.label for one in read), 0.0)
    for one in read:
        if one.recording is not None:
            seconds[one.row.label] += one.recording.seconds
    return {"cells": cells, "seconds": {label: round(sum_, 2) for label, sum_ in seconds.items()}} | report


def chart(root: Path, app: str, method: str) -> dict:
    """Points with x, y, file, label, subject, and the samples from `start` to `end` that each is about.

    app: "" for the features of whole recordings (ml/data/checking/features.py), or the application whose committed
    model sees every window; then a point is a window's last features before the classes, or its front end's where the
    network is in streaming form.
    """
    points, described, what = _recordings(root) if not app else _windows(root, app)
    if len(points) < LEAST_POINTS:
        raise UserError(f"expected at least {LEAST_POINTS} recordings or windows to compare, found {len(points)}")
    places = _flat(described, method)
    for point, (x, y) in zip(points, places.tolist(), strict=True):
        point |= {"x": round(x, 4), "y": round(y, 4)}
    return {"points": points, "what": what, "method": method}


def _recordings(root: Path) -> tuple[list[dict], np.ndarray, str]:
    """Of the sensor that most recordings are of."""
    _, read = survey(root)
    usable = [one for one in read if one.recording is not None and len(one.recording.samples) >= LEAST_SAMPLES]
    if not usable:
        raise UserError(f"{root}: expected recordings that can be read, found none")
    sensor = Counter(one.known.sensor for one in usable).most_common(1)[0][0]
    kept = _some([one for one in usable if one.known.sensor == sensor])
    described = features([one.known for one in kept])
    points = [_point(one.row.file, one.row.label, one.row.subject, 0, len(one.known.samples)) for one in kept]
    return points, described, f"features of {len(kept)} recordings of the sensor {sensor}"


def _windows(root: Path, app: str) -> tuple[list[dict], np.ndarray, str]:
    made = committed(find(app), ROOT / "lib" / f"{app}_model")
    data = made.app.data(root, 0)
    windows = [(item, window, int(end)) for item in data.items for window, end in _of(made, item)]
    kept = _some(windows)
    if not kept:
        raise UserError(f"{root}: expected recordings long enough for a window of {app}, found none")
    width = int(np.median([len(item.recording.samples) for item, *_ in kept]))
    points = [_point(item.file, item.label, item.subject, max(0, end - width), end + 1) for item, _, end in kept]
    described, what = _described(made, np.stack([window for _, window, _ in kept]))
    return points, described, f"{what} of {len(kept)} of {len(windows)} windows"


def _of(made: Committed, item: Item):
    inputs = made.app.inputs(item.recording.samples, item.recording.rate_mhz)
    return zip(inputs.windows, inputs.sample, strict=True)


def _described(made: Committed, windows: np.ndarray) -> tuple[np.ndarray, str]:
    model = made.model
    if model.stream or not made.app.outputs_are_scores:
        return windows.reshape(len(windows), -1).astype(np.float32), "front end"
    sizes = [len(one.data) for one in model.layers(windows[0])]
    layer = max((number for number, size in enumerate(sizes) if size > model.model.classes), default=len(sizes) - 1)
    made_of = [np.frombuffer(model.layers(one)[layer].data, np.int8) for one in windows]
    return np.array(made_of, np.float32), "the network's last features"


def _some(items: list) -> list:
    """Evenly chosen, where there are too many to draw."""
    step = max(1, -(-len(items) // MOST_POINTS))
    return items[::step]


def _point(file: str, label: str, subject: str, start: int, end: int) -> dict:
    return {"file": file, "label": label, "subject": subject, "start": start, "end": end}


def _flat(described: np.ndarray, method: str) -> np.ndarray:
    """float (n, 2): principal components (Pearson, 1901), or t-SNE (van der Maaten and Hinton, 2008) of the first."""
    from sklearn.decomposition import PCA  # noqa: PLC0415 - seconds to import
    from sklearn.manifold import TSNE  # noqa: PLC0415

    spread = described.std(0)
    scaled = (described - described.mean(0)) / np.where(spread > 0, spread, 1)
    kept = min(30 if method == "tsne" else 2, *scaled.shape)
    found = PCA(kept, random_state=0).fit_transform(scaled)
    if method == "tsne":
        perplexity = min(30, (len(found) - 1) / 3)
        found = TSNE(2, init="pca", perplexity=perplexity, random_state=0).fit_transform(found)
    return np.pad(found, ((0, 0), (0, max(0, 2 - found.shape[1]))))[:, :2]
