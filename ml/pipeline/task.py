"""One model to be made, and the folders of what has been made of it."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from ml.compress.recipe import PLAIN, Recipe
from ml.data.manifest import Dataset
from ml.data.split import Split
from ml.data.streams import Stream
from ml.evaluate.limits import Limits, limits_of
from ml.pipeline.contract import App


@dataclass(frozen=True)
class Task:
    """An application, its data and how they are split."""

    app: App
    data: Dataset
    split: Split
    seed: int
    target: float | None = None  # false alarms per hour, by which a network is chosen; None: the application's
    aim: float | None = None  # of the operating point, where it is to be another
    bound: float | None = None  # of the upper end of the interval around the operating point's false alarms per hour
    recipe: Recipe = PLAIN  # what stands between training and conversion
    quick: bool = False  # a trial, whose figures mean little
    candidates: tuple[App, ...] = ()  # among which `app` was chosen
    notes: tuple[str, ...] = ()  # what was changed about the split, and why

    @property
    def labels(self) -> list[str]:
        return self.app.labels(self.data)

    @property
    def limits(self) -> Limits:
        """Of the operating point."""
        return limits_of(self.app.decision, self.target if self.aim is None else self.aim, self.bound)

    def streams(self, subjects: tuple[str, ...]) -> list[Stream]:
        return self.app.streams(self.data.of(subjects), self.seed) if subjects else []


@dataclass
class Made:
    """What the stages before have left: by their names, a folder each."""

    folders: dict[str, Path] = field(default_factory=dict)
    judges: tuple["Judge", ...] = ()  # who choose the operating point

    def __getitem__(self, stage: str) -> Path:
        return self.folders[stage]

    def names(self, *stages: str) -> list[str]:
        """Of their folders: they hold the hashes of all that went in."""
        return [self.folders[stage].name for stage in stages]

    def read(self, stage: str, name: str) -> dict:
        """A JSON file that a stage left."""
        return json.loads((self.folders[stage] / name).read_text())


@dataclass(frozen=True)
class Judge:
    """A network, and people whom it has not seen, on whose streams it helps to choose the operating point."""

    task: Task
    made: Made
    people: tuple[str, ...]
