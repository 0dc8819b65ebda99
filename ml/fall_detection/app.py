"""Fall detection as the pipeline sees it."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ml.data.manifest import Dataset, Wanted, load
from ml.data.split import Split, by_subject
from ml.data.streams import Stream
from ml.data.synthesis.falls import generate
from ml.design.blocks import Blocks
from ml.design.network import keras_network
from ml.errors import UserError
from ml.evaluate.streams import Scored
from ml.fall_detection import examples
from ml.fall_detection.config import ADL, FALL, Config, Decision
from ml.fall_detection.gravity import with_gravity
from ml.fall_detection.header import sections
from ml.fall_detection.streams import streams
from ml.native.decide import DecideConfig
from ml.native.gate import gates
from ml.native.impact import VALUES, impacts
from ml.paths import ROOT
from ml.pipeline.contract import App
from ml.train import training
from ml.train.examples import Examples, HeldOut, Inputs
from ml.train.networks import convolutions

SECONDS = (1.0, 3600.0)  # less shows no fall and what came of it


@dataclass(frozen=True)
class FallDetection(App):
    """Falls against the activities of daily life; see ml/pipeline/contract.py for what each member promises."""

    config: Config = field(default_factory=Config)
    name: str = "fall_detection"
    sensor: str = "accel"
    health: str = "accelerometer"
    optimise: str = "code"  # of the compiler: at most one inference in two seconds, so speed is worth no flash
    code: tuple[Path, ...] = (
        *(ROOT / "ml" / name for name in ("fall_detection", "train/networks.py", "data/augmentation.py", "native")),
        *(ROOT / "lib" / name for name in ("frontend", "decide")),
    )

    def quick(self) -> "FallDetection":
        return FallDetection(self.config.quick())

    def data(self, folder: Path | None, seed: int) -> Dataset:
        loaded = load(folder or generate(self.config.synthesis, seed), Wanted(self.sensor, seconds=SECONDS))
        items, lacking = with_gravity(loaded)
        if not items:
            raise UserError(lacking[0].reason)
        return replace(loaded, items=items, left_out=(*loaded.left_out, *lacking))

    def labels(self, data: Dataset) -> list[str]:
        if data.labels != [ADL, FALL]:
            raise UserError(
                f"expected the labels {ADL} (daily activities) and {FALL} in the data, found {', '.join(data.labels)}"
            )
        return [ADL, FALL]

    def background(self, labels: list[str]) -> int:
        return labels.index(ADL)

    def split(self, data: Dataset, hold_out: tuple[str, ...]) -> Split:
        """Everyone but the test trains: falls are few. Settings are tuned on each part of them unseen by the rest."""
        split = by_subject(data.subjects, hold_out)
        return Split(tuple(sorted(split.train + split.validation)), (), split.test)

    def examples(self, data: Dataset, labels: list[str], seed: int) -> Examples:
        return examples.training_examples(data, labels, self.config, seed)

    def held_out(self, data: Dataset, labels: list[str]) -> HeldOut:
        return examples.held_out(data, labels, self.config)

    def network(self, labels: list[str]):
        network, (shape, classes) = self.config.network, self.shape(labels)
        if isinstance(network, Blocks):
            return keras_network(network, self.name, shape, classes)
        return convolutions(network, self.name, *shape, classes)

    def shape(self, labels: list[str]) -> tuple[tuple[int, int], int]:
        return (self.config.front_end.impact().window, VALUES), len(labels)

    def inputs(self, samples: np.ndarray, rate_mhz: int) -> Inputs:
        made = impacts(samples, self.config.front_end.impact(), rate_mhz, least=0)
        return Inputs(made.windows, made.sample)

    def streams(self, data: Dataset, seed: int) -> list[Stream]:
        return streams(data, self.config, seed)

    def score(self, stream: Stream, model: training.Model) -> Scored:
        """A step for each of the model's samples; the network sees only the windows of impacts."""
        gate = self.config.gate.gate()
        made = impacts(stream.samples, self.config.front_end.impact(), stream.rate_mhz, least=gate.open_at)
        awake = gates(made.level, gate)
        return Scored.gated(stream, training.to_int8(self.scores(model, made.windows)), made.sample, awake)

    @property
    def training(self):
        return self.config.training

    @property
    def decision(self) -> Decision:
        return self.config.decision

    def sections(self, decision: DecideConfig) -> list[str]:
        return sections(self.config, decision)
