"""Examples for training and testing a network."""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np


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


def write(folder: Path, examples: Examples) -> None:
    """-> examples.npz: every array and number of them. What else an application keeps in them it makes again
    (`App.of_arrays`)."""
    found = {one.name: getattr(examples, one.name) for one in fields(examples)}
    kept = {name: value for name, value in found.items() if isinstance(value, (np.ndarray, int))}
    np.savez(folder / "examples.npz", allow_pickle=False, **kept)


def read(folder: Path) -> dict[str, np.ndarray]:
    """The arrays that `write` left."""
    with np.load(folder / "examples.npz", allow_pickle=False) as kept:
        return {name: kept[name] for name in kept.files}
