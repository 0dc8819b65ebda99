"""Examples for training and testing a network."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ml.data.manifest import Dataset


@dataclass(frozen=True)
class Inputs:
    """Consecutive windows as the device's front end makes them."""

    windows: np.ndarray  # int8 (k, ...)
    sample: np.ndarray  # int (k,): index of the sample that completed each


@dataclass(frozen=True)
class Examples:
    """Inputs as the device's front end makes them, and what they show."""

    inputs: np.ndarray  # int8 (n, ...)
    labels: np.ndarray  # int (n,): index of the class

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class HeldOut:
    """Recordings of people (or machines) the model has not seen, a window each, before and after the front end."""

    samples: np.ndarray  # int16 (n, longest, channels) in counts; a shorter one is filled up with zeros
    count: np.ndarray  # int (n,): how many of them are recorded
    rate_mhz: np.ndarray  # int (n,): of the samples
    inputs: np.ndarray  # int8 (n, ...)
    labels: np.ndarray  # int (n,)
    files: np.ndarray  # str (n,): where each comes from

    def __len__(self) -> int:
        return len(self.labels)


_last: dict[tuple, Examples] = {}


def once(settings: tuple, data: Dataset, make: Callable[[], Examples]) -> Examples:
    """What `make` gives, or gave last time, where settings and data were the same: training and calibration ask for the
    same examples, which may take a minute to make."""
    key = (settings, tuple((item.subject, item.label, item.recording.key) for item in data.items))
    if key not in _last:
        _last.clear()
        _last[key] = make()
    return _last[key]
