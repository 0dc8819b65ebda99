"""Gesture recognition as the pipeline sees it."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ml.data.manifest import Dataset, Wanted, load
from ml.data.streams import Stream, streams
from ml.data.synthesis import generate
from ml.design.blocks import Blocks
from ml.design.network import keras_network
from ml.errors import UserError
from ml.evaluate.streams import Scored
from ml.gesture_recognition import examples, hold, presentation
from ml.gesture_recognition.config import NONE, Config, Decision
from ml.gesture_recognition.header import sections
from ml.native.decide import MAX_CLASSES, DecideConfig
from ml.native.gate import gates
from ml.native.imu import AXES, UNIT, windows
from ml.paths import ROOT
from ml.pipeline.contract import App
from ml.train import training
from ml.train.examples import Examples, HeldOut, Inputs
from ml.train.networks import convolutions

WAY_UP = re.compile(r"\{(-?\d+), (-?\d+), (-?\d+)\}, // the way up")  # in a header, see header.py
SECONDS = (0.1, 3600.0)  # a movement of a hand, an hour's take: else the rate in the manifest is wrong


@dataclass(frozen=True)
class GestureRecognition(App):
    """Ten gestures, or those of the data; see ml/pipeline/contract.py for what each member promises."""

    config: Config = field(default_factory=Config)
    name: str = "gesture_recognition"
    sensor: str = "imu"
    health: str = "imu_either"
    code: tuple[Path, ...] = (
        ROOT / "ml/gesture_recognition",
        ROOT / "ml/train/networks.py",
        ROOT / "ml/data/augmentation.py",
        ROOT / "ml/data/synthesis/strokes.py",
        ROOT / "ml/native",
        ROOT / "lib/frontend",
        ROOT / "lib/decide",
    )

    def quick(self) -> "GestureRecognition":
        return GestureRecognition(self.config.quick())

    def data(self, folder: Path | None, seed: int) -> Dataset:
        return load(folder or generate(self.config.synthesis, seed), Wanted(self.sensor, seconds=SECONDS))

    def of_data(self, data: Dataset) -> "GestureRecognition":
        """With the hold of the people of `data`, where they recorded gravity."""
        found = hold.found(data)
        return self._held(found) if found else self

    def of_header(self, header: Path) -> "GestureRecognition":
        """With the header's hold."""
        found = WAY_UP.search(header.read_text())
        if not found:
            return self
        x, y, z = (int(value) / UNIT for value in found.groups())
        return self._held((x, y, z))

    def _held(self, way_up: hold.Direction) -> "GestureRecognition":
        return replace(self, config=replace(self.config, front_end=replace(self.config.front_end, hold=way_up)))

    def labels(self, data: Dataset) -> list[str]:
        """The classes: the labels of the data in alphabetical order, then `none`."""
        labels = [label for label in data.labels if label != NONE] + [NONE]
        if not 2 <= len(labels) <= MAX_CLASSES:
            raise UserError(
                f"expected 1 to {MAX_CLASSES - 1} gestures in the data, found {len(labels) - 1}; put fewer or more "
                "labels into the manifest"
            )
        return labels

    def background(self, labels: list[str]) -> int:
        return labels.index(NONE)

    def examples(self, data: Dataset, labels: list[str], seed: int) -> Examples:
        return examples.training_examples(data, labels, self.config.front_end, self.config.training, seed)

    def held_out(self, data: Dataset, labels: list[str]) -> HeldOut:
        return presentation.held_out(data, labels, self.config.front_end)

    def figures(self, held_out: HeldOut, scores: np.ndarray) -> dict:
        """How many held-out windows the device leaves without an answer, where it does: it is held otherwise there."""
        imu, held = self.config.front_end.imu(), []
        for samples, count, rate in zip(held_out.samples, held_out.count, held_out.rate_mhz, strict=True):
            held.append(bool(windows(samples[:count], imu, int(rate)).held[-1]))
        otherwise = len(held) - sum(held)
        return {"held otherwise than trained, without an answer": f"{otherwise} of {len(held)}"} if otherwise else {}

    def network(self, labels: list[str]):
        network, (shape, classes) = self.config.network, self.shape(labels)
        if isinstance(network, Blocks):
            return keras_network(network, self.name, shape, classes)
        return convolutions(network, self.name, *shape, classes)

    def shape(self, labels: list[str]) -> tuple[tuple[int, int], int]:
        return (self.config.front_end.window, AXES), len(labels)

    def inputs(self, samples: np.ndarray, rate_mhz: int) -> Inputs:
        made = windows(samples, self.config.front_end.imu(), rate_mhz)
        return Inputs(made.windows, made.sample)

    def streams(self, data: Dataset, seed: int) -> list[Stream]:
        """The takes as a device feels them."""
        way_up = self.config.front_end.hold
        return streams([replace(item, recording=hold.felt(item.recording, way_up)) for item in data.takes()])

    def score(self, stream: Stream, model: training.Model) -> Scored:
        """The network sleeps where little moves, and while the device is held otherwise."""
        made = windows(stream.samples, self.config.front_end.imu(), stream.rate_mhz)
        awake = gates(made.level, self.config.gate.gate()) & made.held
        scores = training.to_int8(self.scores(model, made.windows[awake]))
        return Scored.gated(stream, scores, made.sample, awake, made.held)

    @property
    def training(self):
        return self.config.training

    @property
    def decision(self) -> Decision:
        return self.config.decision

    def sections(self, decision: DecideConfig) -> list[str]:
        return sections(self.config.front_end.imu(), self.config.gate.gate(), decision)
