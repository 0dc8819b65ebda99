"""How the device is held: found in recordings with gravity, given to recordings from which it was removed.

hold = found(data)                     # the way up in the device's axes; None where no recording has gravity
recording = felt(recording, hold)      # as a device held so feels it
"""

import dataclasses

import numpy as np

from ml.data.augmentation import feel_gravity
from ml.data.manifest import Dataset
from ml.data.recordings import Recording, saturate
from ml.progress import say

HOME_S = 3.0  # in which a hand is back at its hold, whatever the gyroscope summed up meanwhile
OTHERWISE_DEG = 45.0  # further off somebody holds the device otherwise than the others
Direction = tuple[float, float, float]


def found(data: Dataset) -> Direction | None:
    """The mean way up of all people, each of whom counts once; says who holds the device otherwise."""
    of = {subject: up for subject in data.subjects if (up := _way_up(data.of([subject]))) is not None}
    if not of:
        return None
    mean = _unit(np.sum(list(of.values()), axis=0))
    for subject, up in of.items():
        angle = np.degrees(np.arccos(np.clip(up @ mean, -1, 1)))
        if angle > OTHERWISE_DEG:
            say(f"note: {subject} holds the device {angle:.0f} degrees otherwise than the mean of all people")
    x, y, z = mean.round(3).tolist()
    return x, y, z


def _way_up(data: Dataset) -> np.ndarray | None:
    """The mean over the recordings, each of length 1: a long one counts no more than a short one."""
    means = [item.recording.samples[:, :3].mean(0) for item in data.items if item.recording.gravity]
    return _unit(np.sum([_unit(mean) for mean in means], axis=0)) if means else None


def _unit(vector: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vector)
    return vector / length if length else np.array([0.0, 1.0, 0.0])


def felt(recording: Recording, hold: Direction) -> Recording:
    """The recording with gravity; as it is where it has it."""
    if recording.gravity:
        return recording
    up, rate_hz = np.array([hold], float), recording.rate_mhz / 1000
    samples = feel_gravity(recording.samples[None].astype(float), up, rate_hz, HOME_S)[0]
    return dataclasses.replace(recording, samples=saturate(samples), gravity=True)
