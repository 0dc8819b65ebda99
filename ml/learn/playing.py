"""Recordings of one example each, as a sensor gives them: with rest before and behind, and its noise in it.

The device takes an example when there is something, and then nothing, in its windows. A file that ends with the
movement or the word would never end for it.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ml.data.augmentation import feel_gravity
from ml.data.reading import SOUND, read_recording
from ml.data.recordings import Recording, saturate
from ml.errors import UserError

BEFORE_S, BEHIND_S = 1.5, 3.0  # the gate of a network closes within that time
UP, HOME_S = (0.0, 0.0, 1.0), 3.0  # a hand is back at its hold within that time
NOISE = 2  # counts, at most: a sensor that gives the same value again and again is not believed
ENDINGS = (*SOUND, ".csv")


def files(paths: Sequence[str], most: int) -> list[Path]:
    """The recordings that are named, and those in the folders that are, in alphabetical order; the first `most`."""
    found: list[Path] = []
    for path in map(Path, paths):
        inside = sorted(one for one in path.rglob("*") if one.suffix.lower() in ENDINGS and one.name != "manifest.csv")
        if path.is_dir() and not inside:
            raise UserError(f"{path}: expected recordings ({', '.join(ENDINGS)}) in it, found none")
        found += inside if path.is_dir() else [path]
    return found[:most]


def example(path: Path, rate_hz: float, sensor: str) -> tuple[np.ndarray, int]:
    """int16 samples (n, channels) and their rate in millihertz. Motion from which gravity was removed gets it back, as
    if the device lay in the hand with its z axis up."""
    made = read_recording(path, rate_hz, sensor)
    before, behind = (round(seconds * made.rate_mhz / 1000) for seconds in (BEFORE_S, BEHIND_S))
    first, last = _rest(made)
    whole = np.concatenate([np.tile(first, (before, 1)), made.samples, np.tile(last, (behind, 1))]).astype(float)
    if sensor == "imu" and not made.gravity:
        whole = feel_gravity(whole[None], np.array([UP]), made.rate_mhz / 1000, HOME_S)[0]
    noise = np.random.default_rng(0).integers(-NOISE, NOISE + 1, whole.shape)
    noise[before : len(whole) - behind] = 0
    return saturate(whole + noise), made.rate_mhz


def _rest(made: Recording) -> np.ndarray:
    """A row (2, channels) for the time before and one for the time behind."""
    ends = made.samples[[0, -1]].copy()
    if made.sensor == "imu":
        ends[:, 3:] = 0  # it does not turn
    return ends if made.gravity else np.zeros_like(ends)
