"""The interface between pipeline and application. A new application is a folder `ml/<app>/` whose `app.py` has this.

The class of an application is a frozen dataclass derived from `App`. It must define every member that has no default
here; a plain classifier of windows needs no more. A network in streaming form, or one whose output is not a score,
overrides the members whose comments say so.
"""

import dataclasses
import importlib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np

from ml.compiler.streaming import Request
from ml.compress import recipe
from ml.compress.recipe import Recipe
from ml.data.manifest import Dataset
from ml.data.split import Split, as_published, by_subject
from ml.data.streams import Stream, streams
from ml.design import design as designs
from ml.design.design import Design
from ml.design.space import Space
from ml.errors import UserError
from ml.evaluate.streams import Scored
from ml.evaluate.tune import Grid
from ml.native.decide import DecideConfig
from ml.paths import ROOT
from ml.pipeline.apps import APPS
from ml.train import lessons, training
from ml.train.examples import Examples, HeldOut, Inputs
from ml.train.lessons import Lessons
from ml.train.training import Model, Settings


class App(ABC):
    """An application: only the parts in which it differs from others."""

    name: str  # a C identifier; also of apps/<name> and lib/<name>_model
    config: object  # a frozen dataclass: every number that decides the result
    code: tuple[Path, ...]  # sources that decide the result
    sensor: str  # "imu" (6 channels), "mic" (1) or "accel" (3), as in ml/link/sensor_bus.py
    health: str  # what its firmware believes of the sensor: one of ml.native.health.SENSORS (docs/health.md)
    training: Settings
    decision: Grid
    variant: str = ""  # the name of a candidate, where an application has several
    stream_form: Request | None = None  # the header holds the network in streaming form (docs/compiler.md)
    optimise: str = "speed"  # or "code": how the compiler chooses kernels (docs/compiler.md)
    network_judges: bool = True  # scores come from the network; False: it is in the header, but another model judges
    outputs_are_scores: bool = True  # the network's outputs: one per class, int8 of a softmax; else `scores` makes them

    @abstractmethod
    def quick(self) -> "App":
        """The same application, small enough for a trial."""

    @abstractmethod
    def data(self, folder: Path | None, seed: int) -> Dataset:
        """The recordings in `folder`, or simulated ones."""

    def simulating_at(self, rate_mhz: int) -> "App":
        """The same application, whose simulated recordings have that rate where it has no rate of its own."""
        return self

    def data_of(self, folders: tuple[Path, ...], seed: int) -> Dataset:
        """The recordings in several folders, where the application can take them together; without any, simulated."""
        if len(folders) > 1:
            raise UserError(f"--data: expected one folder for {self.name}, found {len(folders)}; leave out the others")
        return self.data(folders[0] if folders else None, seed)

    def of_data(self, data: Dataset) -> "App":
        """The same application with what must be read off the recordings of all people but the test's before anything
        is trained, as the way in which they hold the device."""
        return self

    @abstractmethod
    def labels(self, data: Dataset) -> list[str]:
        """The classes, in the order of the scores."""

    def learnt(self, data: Dataset) -> list[str]:
        """The classes for which training subjects must have recordings, if the data has any."""
        return self.labels(data)

    def shows(self, label: str) -> str:
        """The class that a recording with that label of the data shows."""
        return label

    @abstractmethod
    def background(self, labels: list[str]) -> int | tuple[int, ...]:
        """The class, or classes, that never make an event. A sleeping network counts as the first of them."""

    @abstractmethod
    def examples(self, data: Dataset, labels: list[str], seed: int) -> Examples:
        """The examples that the network learns from."""

    @abstractmethod
    def held_out(self, data: Dataset, labels: list[str]) -> HeldOut:
        """The windows of the held-out recordings, which judge the model."""

    @abstractmethod
    def network(self, labels: list[str]) -> Any:
        """A Keras model, freshly initialised."""

    def shape(self, labels: list[str]) -> tuple[tuple[int, ...], int]:
        """Of the network: its inputs without the batch, and how many outputs. A search predicts costs from it."""
        raise UserError(
            f"{self.name}: expected the shape of its network for a search, found none; ml/{self.name}/app.py"
        )

    @abstractmethod
    def inputs(self, samples: np.ndarray, rate_mhz: int) -> Inputs:
        """The C front end over samples, int16 (n, channels) at that rate, from a fresh start. The result is whole
        windows, also if the network takes them a few rows at a time."""

    @abstractmethod
    def sections(self, decision: DecideConfig) -> list[str]:
        """C text for the generated header: settings of front end, gate and decision."""

    def with_words(self, words: tuple[str, ...]) -> "App":
        """The same application for other keywords (--words)."""
        raise UserError(f"expected --words for an application that listens, found {self.name}; leave it out")

    def split(self, data: Dataset, hold_out: tuple[str, ...]) -> Split:
        """Splits subjects into training, tuning and test: as published with the data, unless `hold_out` names some."""
        published = None if hold_out else as_published(data.part)
        return published or by_subject(data.subjects, hold_out)

    def streams(self, data: Dataset, seed: int) -> list[Stream]:
        """Continuous recordings with the truth, made from some subjects' data."""
        return streams(data.takes())

    def scores(self, model: Model, inputs: np.ndarray) -> np.ndarray:
        """(n, classes): how sure the model is of each class, in the int8 of a softmax (floats of the float network).

        An anomaly detector makes them here, from the network's output and the other numbers that it keeps.
        """
        return model.answers(inputs)

    def score(self, stream: Stream, model: Model) -> Scored:
        """Front end, gate and model in C over a stream. `model` is the header's HostModel, with `stream` and `push` if
        it has the streaming form. During training it is a `FloatModel`, for which `scores` gives floats."""
        made = self.inputs(stream.samples, stream.rate_mhz)
        return Scored(stream, training.to_int8(self.scores(model, made.windows)), made.sample)

    def fit(self, network, examples: Examples, seed: int, judge) -> dict:
        """Trains the network in place; returns the results to keep, for JSON. `judge()`, if not None, says how good the
        network is now on the validation streams."""
        return training.fit(network, examples, self.training, seed, judge)

    def of_arrays(self, arrays: dict[str, np.ndarray], data: Dataset, seed: int) -> Examples:
        """The examples again that were kept as arrays (ml/train/examples.py); `data` and `seed` are those of
        `examples`."""
        return Examples(arrays["inputs"], arrays["labels"])

    def lessons(self, examples: Examples, labels: list[str]) -> Lessons:
        """The same for a step that trains on after `fit`, as those of a recipe do (ml/compress)."""
        how = self.training
        settings = {"batch": how.batch, "rate": how.learning_rate, "epochs": how.epochs}
        smoothing = {"smoothing": how.label_smoothing}
        return lessons.classes(examples.inputs, examples.labels, len(labels), **settings, **smoothing)

    def designed(self, design: Design) -> "App":
        """The same application with another front end and network. `config` has its fields `front_end` and `network`,
        and `network()` makes a Keras network of `ml.design.blocks.Blocks` where that is one."""
        config: Any = self.config
        if design.front_end:
            config = dataclasses.replace(config, front_end=designs.changed(config.front_end, design.front_end))
        if design.network:
            config = dataclasses.replace(config, network=design.network)
        return self if config is self.config else dataclasses.replace(self, config=config)  # type: ignore[type-var]

    def space(self) -> Space:
        """The designs among which `python -m ml search` chooses: SPACE of `ml/<app>/space.py`."""
        return importlib.import_module(f"ml.{self.name}.space").SPACE

    def searched(self) -> "App":
        """The candidate whose network a search changes."""
        return self

    def shorter(self, share: float) -> "App":
        """The same application, trained for a share of its epochs: a first look at a candidate of a search."""
        config: Any = self.config
        epochs = max(1, round(share * self.training.epochs))
        training = dataclasses.replace(config.training, epochs=epochs)
        return dataclasses.replace(self, config=dataclasses.replace(config, training=training))  # type: ignore[type-var]

    def quality(self, held_out: HeldOut, scores: np.ndarray) -> float:
        """How good scores (n, classes) of held-out windows are, 0..1; a search compares candidates by it."""
        return float((scores.argmax(1) == held_out.labels).mean())

    def recipe(self) -> Recipe:
        """What stands between training and conversion: that of the application's folder."""
        return recipe.read(ROOT / "ml" / self.name / "recipe.toml")

    def settled(self, history: dict, network, examples: Examples) -> dict:
        """`history` for a network that the recipe has changed since: what is measured of the network anew."""
        return history

    def learned(self, history: dict) -> "App":
        """The same application with the numbers that `fit` returned, if `scores` and `sections` need any."""
        return self

    def claims(self, train: Dataset, asked: Dataset) -> bool:
        """Whether the learned application says of people (or machines) that it has not met that it can judge them.
        Where it says no, their streams do not choose its settings."""
        return True

    def of_header(self, header: Path) -> "App":
        """The same application with the numbers, and as the candidate, of a generated header. So a model can be judged
        from its header alone."""
        return self

    def figures(self, held_out: HeldOut, scores: np.ndarray) -> dict:
        """Figures besides accuracy, for JSON, from the int8 scores (n, classes) of the held-out windows."""
        return {}

    def candidates(self) -> tuple["App", ...]:
        """Variants of the model. The variant with the highest merit on the validation streams becomes the model."""
        return (self,)

    def merit(self, scored: list[Scored], value: float) -> float:
        """The figure that compares candidates; `value` is that of the tuned decision."""
        return value


def find(name: str, quick: bool = False) -> App:
    """The application of that name."""
    if name not in APPS:
        raise UserError(f"expected one of {', '.join(APPS)}, found {name!r}")
    module, attribute = APPS[name].split(":")
    app = getattr(importlib.import_module(module), attribute)()
    return (app.quick() if quick else app).designed(designs.read(ROOT / "ml" / name / designs.FILE))
