"""A model of one's own as the pipeline sees an application: `MODEL.keras`, and examples in a `.npz` (material.py)."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ml.compiler.model_file import c_name
from ml.data.manifest import Dataset
from ml.data.split import Split
from ml.native.decide import DecideConfig
from ml.paths import ROOT
from ml.pipeline.contract import App
from ml.shrink.material import Material, load, material
from ml.train.examples import Examples, HeldOut, Inputs
from ml.train.lessons import Lessons, classes
from ml.train.training import FloatModel, Model

RATE_MHZ = 1000


@dataclass(frozen=True)
class Training:
    """How it was trained before nobody knows; a step trains on like this."""

    epochs: int = 10
    batch: int = 64
    learning_rate: float = 1e-3
    label_smoothing: float = 0.0
    checkpoints: int = 0


@dataclass(frozen=True)
class Decision:
    """No streams, so nothing is tuned."""

    smoothing: tuple[int, ...] = (1,)
    threshold: tuple[int, ...] = (128,)
    refractory: tuple[int, ...] = (1,)
    tolerance_s: float = 1.0
    fallback: tuple[int, int, int] = (1, 128, 1)
    target_false_alarms_per_hour: float = 1.0
    upper_bound_per_hour: float = 3.0


@dataclass(frozen=True)
class OwnModel(App):
    """Trained by somebody else; only what comes after is done here."""

    model: Path = Path()
    given: Path = Path()
    name: str = ""
    sensor: str = ""
    health: str = ""
    config: Training = field(default_factory=Training)
    code: tuple[Path, ...] = (ROOT / "ml/shrink/own.py", ROOT / "ml/shrink/material.py")
    training: Training = field(default_factory=Training)
    decision: Decision = field(default_factory=Decision)

    @classmethod
    def of(cls, model: Path, given: Path) -> "OwnModel":
        return cls(model, given, c_name(model))

    @property
    def material(self) -> Material:
        return material(self.model, self.given)

    def quick(self) -> "OwnModel":
        return self

    def data(self, folder: Path | None, seed: int) -> Dataset:
        """No recordings: their hash stands for both files."""
        return Dataset((), self.material.hash)

    def split(self, data: Dataset, hold_out: tuple[str, ...]) -> Split:
        return Split(("examples",), (), ("examples kept back",))

    def labels(self, data: Dataset) -> list[str]:
        return [f"class {number}" for number in range(self.material.outputs)]

    def background(self, labels: list[str]) -> int:
        return 0

    def examples(self, data: Dataset, labels: list[str], seed: int) -> Examples:
        return Examples(self.material.inputs, self.material.labels)

    def lessons(self, examples: Examples, labels: list[str]) -> Lessons:
        how = self.training
        return classes(
            examples.inputs, examples.labels, len(labels), self.material.scale,
            batch=how.batch, rate=how.learning_rate, epochs=how.epochs,
        )  # fmt: skip

    def network(self, labels: list[str]):
        return load(self.model)

    def fit(self, network, examples: Examples, seed: int, judge) -> dict:
        return {"loss": []}

    def held_out(self, data: Dataset, labels: list[str]) -> HeldOut:
        """Samples are the int8 inputs in a row, which `inputs` puts in shape again."""
        given, labelled = self.material.test_inputs, self.material.test_labels
        flat = given.reshape(len(given), -1, 1).astype(np.int16)
        count, rate = np.full(len(given), flat.shape[1]), np.full(len(given), RATE_MHZ)
        return HeldOut(flat, count, rate, given, labelled, np.array([f"example {at}" for at in range(len(given))]))

    def inputs(self, samples: np.ndarray, rate_mhz: int) -> Inputs:
        made = samples.astype(np.int8).reshape(1, *self.material.inputs.shape[1:])
        return Inputs(made, np.array([len(samples) - 1]))

    def scores(self, model: Model, inputs: np.ndarray) -> np.ndarray:
        if isinstance(model, FloatModel):
            given = inputs.astype(np.float32) * np.float32(self.material.scale)
            return model.network(given, training=False).numpy() * 256 - 128
        return model.answers(inputs)

    def streams(self, data: Dataset, seed: int) -> list:
        return []

    def sections(self, decision: DecideConfig) -> list[str]:
        return []
