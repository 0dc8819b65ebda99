"""Whether an accelerometer felt gravity: without it, or in another unit, no recording may train or judge a detector."""

import numpy as np

from ml.data.manifest import Dataset, Item, LeftOut
from ml.data.recordings import ACCEL_PER_G, Recording

BELIEVED_G = (0.5, 1.5)  # sensors are off by some per cent, nobody keeps quite still
STILL_S = 1.0


def felt_g(recording: Recording) -> float:
    """The length of the mean acceleration over the stillest second: 1 g, whatever moves, where gravity was recorded."""
    samples = recording.samples.astype(float)
    size = max(1, min(len(samples), round(STILL_S * recording.rate_mhz / 1000)))
    parts = samples[: len(samples) // size * size].reshape(-1, size, samples.shape[1])
    stillest = parts[parts.std(axis=1).sum(axis=1).argmin()]
    return float(np.linalg.norm(stillest.mean(axis=0)) / ACCEL_PER_G)


def without(item: Item) -> LeftOut | None:
    """Why a recording cannot be used; None where it can."""
    least, most = BELIEVED_G
    found = felt_g(item.recording)
    if item.recording.gravity and least <= found <= most:
        return None
    return LeftOut(
        item.file,
        f"{item.file}: expected acceleration with gravity (ax,ay,az in m/s2: 1 g while still), found {found:.2f} g; "
        "record it with gravity, or correct its unit",
    )


def with_gravity(data: Dataset) -> tuple[tuple[Item, ...], tuple[LeftOut, ...]]:
    """The recordings that felt gravity, and those that did not."""
    lacking = {item.file: reason for item in data.items if (reason := without(item))}
    return tuple(item for item in data.items if item.file not in lacking), tuple(lacking.values())
