"""What the pipeline asks of an application. A new one is a folder `ml/<app>/` with an `app.py` that has this in it."""

import importlib
from pathlib import Path
from typing import Protocol

from ml.data.manifest import Dataset
from ml.errors import UserError
from ml.evaluate.tune import Grid
from ml.examples import Examples, HeldOut
from ml.native.decide import DecideConfig
from ml.native.imu import ImuConfig
from ml.training import Settings

APPS = {"gesture_recognition": "ml.gesture_recognition.app:GestureRecognition"}


class App(Protocol):
    """An application: what is particular to it, and nothing else."""

    name: str  # a C identifier; also of apps/<name> and lib/<name>_model
    config: object  # a frozen dataclass: every number that decides the result
    code: tuple[Path, ...]  # sources that decide the result
    front_end: ImuConfig
    training: Settings
    decision: Grid

    def quick(self) -> "App":
        """The same, small enough for a trial."""

    def data(self, folder: Path | None, seed: int) -> Dataset:
        """The recordings in `folder`, or simulated ones."""

    def labels(self, data: Dataset) -> list[str]:
        """The classes, in the order of the model's output."""

    def background(self, labels: list[str]) -> int:
        """The class that never makes an event."""

    def examples(self, data: Dataset, labels: list[str], seed: int) -> Examples:
        """What the network learns from."""

    def held_out(self, data: Dataset, labels: list[str]) -> HeldOut:
        """What it is judged by."""

    def network(self, labels: list[str]):
        """A Keras model, freshly initialised."""

    def sections(self, decision: DecideConfig) -> list[str]:
        """C text for the generated header."""


def find(name: str, quick: bool = False) -> App:
    """The application of that name."""
    if name not in APPS:
        raise UserError(f"expected one of {', '.join(APPS)}, found {name!r}")
    module, attribute = APPS[name].split(":")
    app = getattr(importlib.import_module(module), attribute)()
    return app.quick() if quick else app
