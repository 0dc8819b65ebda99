"""Vibration anomaly detection as the pipeline sees it."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ml.data import manifest
from ml.data.manifest import Dataset
from ml.data.split import Split, by_subject
from ml.data.streams import Stream
from ml.data.synthesis.machines import generate
from ml.design.network import keras_network
from ml.errors import UserError
from ml.evaluate.streams import Scored
from ml.native import anomaly
from ml.native.anomaly import Gaussians, Reconstruction
from ml.native.decide import DecideConfig
from ml.native.machine import MachineConfig, watch
from ml.native.vibration import VibrationConfig, vibration
from ml.paths import ROOT
from ml.pipeline.contract import App
from ml.train import training
from ml.train.examples import Examples, HeldOut, Inputs
from ml.train.lessons import Lessons
from ml.train.training import FloatModel, Model
from ml.vibration_anomaly import examples, header, model
from ml.vibration_anomaly.config import ANOMALOUS, NORMAL, Config, Decision
from ml.vibration_anomaly.examples import Normal
from ml.vibration_anomaly.figures import areas, auc
from ml.vibration_anomaly.pieces import by_speed, in_parts, pieces, rate_of
from ml.vibration_anomaly.speeds import between_others
from ml.vibration_anomaly.streams import streams

METHODS = ("mixture", "autoencoder")
# Modules of this folder that decide the result; the others judge it.
DECIDING = ("app", "config", "examples", "figures", "header", "model", "pieces", "speeds", "streams")


@dataclass(frozen=True)
class Learnt:
    """What training found besides the network."""

    mixture: Gaussians
    compared: Reconstruction
    rate_mhz: int
    off_level: int
    hiding: tuple[str, ...] = ()  # the speeds at which faults do not show, where that is known
    threshold: int = Decision().fallback[1]  # of the decision, where that is known

    def hides(self, windows: np.ndarray, level: np.ndarray) -> np.ndarray:
        """Of which windows a board says "cannot be judged at this speed": bool (n,) for int8 (n, features) and their
        levels 0..255."""
        nearest = anomaly.nearest(windows, self.mixture)[1]
        return (nearest >= len(self.mixture.mean) - self.mixture.blind) & (level < self.threshold)


@dataclass(frozen=True)
class VibrationAnomaly(App):
    """Is a machine as it always was? ml/pipeline/contract.py has what each member promises. A subject is a machine
    at a speed."""

    config: Config = field(default_factory=Config)
    variant: str = METHODS[0]
    found: Learnt | None = None
    name: str = header.NAME
    sensor: str = "accel"
    health: str = "vibration"
    outputs_are_scores: bool = False
    code: tuple[Path, ...] = (
        *(ROOT / "ml" / "vibration_anomaly" / f"{name}.py" for name in DECIDING),
        ROOT / "ml" / "native",
        *(ROOT / "lib" / name for name in ("frontend", "anomaly", "decide")),
    )

    @property
    def network_judges(self) -> bool:
        return self.variant == "autoencoder"

    def quick(self) -> "VibrationAnomaly":
        return VibrationAnomaly(self.config.quick())

    def candidates(self) -> tuple["VibrationAnomaly", ...]:
        return tuple(dataclasses.replace(self, variant=method) for method in METHODS)

    def simulating_at(self, rate_mhz: int) -> "VibrationAnomaly":
        synthesis = dataclasses.replace(self.config.synthesis, rate_hz=rate_mhz / 1000)
        return dataclasses.replace(self, config=dataclasses.replace(self.config, synthesis=synthesis))

    def data(self, folder: Path | None, seed: int) -> Dataset:
        raw = manifest.load(folder or generate(self.config.synthesis, seed), self.sensor)
        loaded = by_speed(raw)
        if len(loaded.subjects) < self.config.training.continuum:
            loaded = in_parts(raw)
        if NORMAL not in loaded.labels:
            raise UserError(
                f"expected recordings with the label {NORMAL} (all others are faults) in the data, found "
                f"{', '.join(loaded.labels)}; correct the manifest"
            )
        return loaded

    def labels(self, data: Dataset) -> list[str]:
        return [NORMAL, ANOMALOUS]

    def learnt(self, data: Dataset) -> list[str]:
        return [NORMAL]

    def shows(self, label: str) -> str:
        return NORMAL if label == NORMAL else ANOMALOUS

    def background(self, labels: list[str]) -> int:
        return labels.index(NORMAL)

    def split(self, data: Dataset, hold_out: tuple[str, ...]) -> Split:
        """Every speed but the test's trains. Where there are many, the middle one tests, and each that lies between
        others is left out alone to choose the settings: of the slowest and the fastest the others say nothing, nor is a
        machine to run beyond them."""
        between = self._between(data)
        split = by_subject(data.subjects, hold_out or between[len(between) // 2 :][:1])
        train = tuple(sorted(split.train + split.validation))
        return Split(train, (), split.test, tuple(sorted(self._between(data.of(train)))))

    def _between(self, data: Dataset) -> tuple[str, ...]:
        """The speeds that shake neither least nor most, the calmest first; none where there are few."""
        front_end = self.front_end(rate_of(data))
        normal = examples.by_subject(pieces(data, front_end.span), self.config, front_end.rate_mhz)
        if len(normal) < self.config.training.continuum:
            return ()
        return tuple(between_others(normal, self.config.mixture.learning(front_end).level_every))

    def examples(self, data: Dataset, labels: list[str], seed: int) -> Examples:
        return examples.normal_examples(data, self.config, seed)

    def of_arrays(self, arrays: dict[str, np.ndarray], data: Dataset, seed: int) -> Normal:
        rate, off = (int(arrays[name]) for name in ("rate_mhz", "off_level"))
        inputs, labels, blind, hiding, far = (arrays[name] for name in ("inputs", "labels", "blind", "hiding", "far"))
        return Normal(inputs, labels, rate, blind, off, hiding, far, int(arrays["reached"]))

    def lessons(self, examples: Examples, labels: list[str]) -> Lessons:
        return model.lessons(examples.inputs, self.config.training)

    def held_out(self, data: Dataset, labels: list[str]) -> HeldOut:
        return examples.held_out(data, self.config, self.found.off_level if self.found else 0)

    def streams(self, data: Dataset, seed: int) -> list[Stream]:
        return streams(data, self.config, seed)

    def network(self, labels: list[str]):
        shape, features = self.shape(labels)
        if self.config.network:
            return keras_network(self.config.network, self.name, shape, features)
        return model.autoencoder(self.config.training, self.name, features)

    def shape(self, labels: list[str]) -> tuple[tuple[int], int]:
        features = self.front_end(1000).features
        return (features,), features

    def searched(self) -> "VibrationAnomaly":
        return dataclasses.replace(self, variant="autoencoder")

    def front_end(self, rate_mhz: int) -> VibrationConfig:
        return self.config.front_end.vibration(rate_mhz)

    def inputs(self, samples: np.ndarray, rate_mhz: int) -> Inputs:
        config = self.front_end(rate_mhz)
        made = vibration([samples], config).blocks[0]
        sample = config.span - 1 + config.step * np.arange(len(made))
        whole = (sample + 1) % self.machine(rate_mhz).block == 0  # inside a block nobody knows what the machine does
        return Inputs(made[whole], sample[whole])

    def machine(self, rate_mhz: int) -> MachineConfig:
        """How its state is told. Before training nothing is off."""
        off = self.found.off_level if self.found else 0
        return self.config.watching.machine(rate_mhz, self.front_end(rate_mhz).step, off)

    def score(self, stream: Stream, model: Model) -> Scored:
        """Only windows of a steady machine are judged; in the others the detector sleeps."""
        made = self.inputs(stream.samples, stream.rate_mhz)
        span = self.front_end(stream.rate_mhz).span
        judged = watch(stream.samples, self.machine(stream.rate_mhz)).judges(made.sample, span)
        scores = training.to_int8(self.scores(model, made.windows[judged])).reshape(-1, 2)
        blind = self._blind(made.windows[judged], scores[:, 1] + 128.0)
        return Scored.gated(stream, scores, made.sample, judged, blind=blind)

    def _blind(self, windows: np.ndarray, level: np.ndarray) -> np.ndarray | None:
        """Of which windows a board says that it cannot judge; None where it never does."""
        if self.found is None or self.variant != "mixture" or not self.found.mixture.blind:
            return None
        return self.found.hides(windows, level)

    def fit(self, network, examples: Normal, seed: int, judge) -> dict:
        losses = model.fit_autoencoder(network, examples.inputs, self.config.training, seed)
        tables = model.normal_state(examples, self.config.mixture, seed)
        compared = model.compared(network, examples.inputs)
        kept = {name: getattr(tables, name).tolist() for name in ("mean", "inverse", "offset")}
        kept |= {"blind": tables.blind, "off_level": examples.off_level, "hiding": examples.hiding.tolist()}
        return {"loss": losses, "deviation": compared.inverse.tolist(), "rate_mhz": examples.rate_mhz} | kept

    def settled(self, history: dict, network, examples: Examples) -> dict:
        """With the errors that the changed network makes of normal windows."""
        return history | {"deviation": model.compared(network, examples.inputs).inverse.tolist()}

    def learned(self, history: dict) -> "VibrationAnomaly":
        kinds = {"mean": np.int16, "inverse": np.int16, "offset": np.uint32}
        arrays = {name: np.array(history[name], kind) for name, kind in kinds.items()}
        tables = Gaussians(**arrays, blind=history["blind"])
        compared = Reconstruction(np.array(history["deviation"], np.int16))
        told = (history["rate_mhz"], history["off_level"], tuple(history["hiding"]))
        return dataclasses.replace(self, found=Learnt(tables, compared, *told))

    def claims(self, train: Dataset, asked: Dataset) -> bool:
        return self.found is None or examples.claims(train, asked, set(self.found.hiding), self.config)

    def of_header(self, header_file: Path) -> "VibrationAnomaly":
        found = header.read(header_file)
        learnt = Learnt(found.mixture, found.compared, found.rate_mhz, found.off_level, threshold=found.threshold)
        return dataclasses.replace(self, variant=found.method, found=learnt)

    def scores(self, model_: Model, inputs: np.ndarray) -> np.ndarray:
        if self.found is None:
            raise AssertionError("scores of an application that has not learned anything")
        if self.variant == "mixture":
            return anomaly.scores(anomaly.distances(inputs, self.found.mixture))
        float_ = isinstance(model_, FloatModel)
        made = model.reconstructed(model_.network, inputs) if float_ else model_.answers(inputs)
        return anomaly.scores(anomaly.reconstruction_distances(inputs, made, self.found.compared))

    def merit(self, scored: list[Scored], value: float) -> float:
        """The area under the curve over the windows that lie wholly inside or outside of a fault."""
        level, labels = (np.concatenate(made) for made in zip(*map(self._windows, scored), strict=True))
        found = auc(level[labels == 0], level[labels == 1])
        return found[0] if found else 0.0

    def _windows(self, scored: Scored) -> tuple[np.ndarray, np.ndarray]:
        first = scored.sample - self.front_end(scored.stream.rate_mhz).span + 1
        begun = np.sum([scored.sample >= one.start for one in scored.stream.truth], axis=0)
        over = np.sum([first >= one.start for one in scored.stream.truth], axis=0)
        whole = (begun == over) & (scored.awake if scored.awake is not None else True)
        return scored.scores[whole, 1] + 128.0, (begun[whole] > 0).astype(int)

    def quality(self, held_out: HeldOut, scores: np.ndarray) -> float:
        """The area under the curve, normal windows against the faults'; 0 where there are none of either."""
        level, faults = scores[:, 1] + 128.0, held_out.labels == 1
        found = auc(level[~faults], level[faults])
        return found[0] if found else 0.0

    def figures(self, held_out: HeldOut, scores: np.ndarray) -> dict:
        level = scores[:, 1] + 128.0
        made = areas(level, held_out.labels, held_out.files)
        blind = self._blind(held_out.inputs, level)
        if blind is None:
            return made
        seen = ~blind
        return made | {"where it can judge": areas(level[seen], held_out.labels[seen], held_out.files[seen])}

    @property
    def training(self):
        return self.config.training

    @property
    def decision(self) -> Decision:
        return self.config.decision

    def sections(self, decision: DecideConfig) -> list[str]:
        found = self.found
        if found is None:
            raise AssertionError("a header of an application that has not learned anything")
        front_end = self.front_end(found.rate_mhz)
        learning, watched = self.config.mixture.learning(front_end), self.machine(found.rate_mhz)
        models = (found.mixture, found.compared, self.variant, found.hiding)
        return header.sections(front_end, *models, learning, watched, decision)
