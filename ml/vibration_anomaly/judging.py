"""Trains detectors on a part of some recordings, or lets a device learn them, and judges them by the others.

fold = Fold("speed40", train, test)
judge(fold, Config(), seed=0)       # both models of the pipeline, one threshold from the training alone
device(fold, Config())              # a board's baseline of all speeds, which brings its own thresholds
(ml/vibration_anomaly/study_table.py sums them up)
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ml.data.manifest import Dataset, Item
from ml.errors import UserError
from ml.native import anomaly
from ml.native.anomaly import Baseline, Gaussians
from ml.native.decide import DecideConfig, decide
from ml.native.machine import MachineConfig, watch
from ml.native.vibration import VibrationConfig, vibration
from ml.progress import say
from ml.train.examples import HeldOut
from ml.train.keras import keras_module
from ml.vibration_anomaly import model, speeds
from ml.vibration_anomaly.config import NORMAL, Config
from ml.vibration_anomaly.examples import Normal, claims, held_out, normal_examples, off_level
from ml.vibration_anomaly.pieces import Piece, pieces, rate_of

TIME_SHARE = 0.7  # of each condition's captures, the first, are learnt from
MARGIN = 4  # of a threshold above what is normal at unseen speeds


@dataclass(frozen=True)
class Fold:
    """What is learnt from, and what is judged."""

    name: str
    train: Dataset
    test: Dataset


@dataclass(frozen=True)
class Detector:
    """How levels are made of windows, and from where on they mean a fault."""

    level: Callable[[np.ndarray], np.ndarray]  # int8 (n, features) -> float (n,), 0..255
    threshold: int
    hides: Callable[[np.ndarray], np.ndarray] = lambda windows: np.zeros(len(windows), bool)  # nearest to such a speed


@dataclass(frozen=True)
class Told:
    """What a detector says of a recording."""

    file: str
    faulty: bool
    steady: bool  # some of it could be judged
    told: bool
    hidden: bool  # cannot be judged at this speed


@dataclass(frozen=True)
class Judged:
    """One fold: levels 0..255 of its windows, and what is said of its recordings, by each detector."""

    name: str
    held_out: HeldOut
    level: dict[str, np.ndarray]
    hidden: dict[str, np.ndarray]  # bool (windows,): below the threshold, and nearest to a speed that hides faults
    told: dict[str, list[Told]]
    claimed: bool = True  # training says that such a speed can be judged, before it is heard


def judge(fold: Fold, config: Config, seed: int) -> Judged:
    """Trains both models and runs what was left out through them."""
    learnt = normal_examples(fold.train, config, seed)
    keras_module().utils.set_random_seed(seed)
    network = model.autoencoder(config.training, "study", learnt.inputs.shape[1])
    model.fit_autoencoder(network, learnt.inputs, config.training, seed)
    compared = model.compared(network, learnt.inputs)

    def by_autoencoder(windows: np.ndarray) -> np.ndarray:
        made = model.reconstructed(network, windows)
        return _level(anomaly.reconstruction_distances(windows, made, compared))

    detectors = {
        "mixture": _by_mixture(model.normal_state(learnt, config.mixture, seed), learnt, config),
        "autoencoder": Detector(by_autoencoder, config.decision.fallback[1]),
    }
    return _of_fold(fold, learnt, config, detectors)


def judge_mixture(fold: Fold, config: Config, seed: int) -> tuple[Judged, Gaussians]:
    """The same of the mixture alone, and the mixture."""
    learnt = normal_examples(fold.train, config, seed)
    tables = model.normal_state(learnt, config.mixture, seed)
    return _of_fold(fold, learnt, config, {"mixture": _by_mixture(tables, learnt, config)}), tables


def _by_mixture(tables: Gaussians, learnt: Normal, config: Config) -> Detector:
    """With a threshold from the training alone."""
    threshold = min(251, learnt.reached + MARGIN) if learnt.reached else config.decision.fallback[1]
    first_blind = len(tables.mean) - tables.blind
    return Detector(
        lambda windows: _level(anomaly.distances(windows, tables)),
        threshold,
        lambda windows: anomaly.nearest(windows, tables)[1] >= first_blind,
    )


def _of_fold(fold: Fold, learnt: Normal, config: Config, detectors: dict[str, Detector]) -> Judged:
    judged = _judged(fold.name, fold.test, config, learnt.off_level, detectors)
    says = claims(fold.train, fold.test, set(learnt.hiding.tolist()), config)
    return dataclasses.replace(judged, claimed=says)


def _level(distance: np.ndarray) -> np.ndarray:
    return anomaly.scores(distance)[:, 1] + 128.0


def front_end_of(data: Dataset) -> VibrationConfig:
    return Config().front_end.vibration(rate_of(data))


def _judged(name: str, test: Dataset, config: Config, off: int, detectors: dict[str, Detector]) -> Judged:
    windows = held_out(test, config, off)
    level = {kind: one.level(windows.inputs) for kind, one in detectors.items()}
    hidden = {kind: one.hides(windows.inputs) & (level[kind] < one.threshold) for kind, one in detectors.items()}
    found = pieces(test, front_end_of(test).span)
    told = {kind: [_told(piece, config, off, one) for piece in found] for kind, one in detectors.items()}
    return Judged(name, windows, level, hidden, told)


def _told(piece: Piece, config: Config, off: int, detector: Detector) -> Told:
    """As a board says it: an event, or the state of most of its steady windows."""
    front_end = config.front_end.vibration(piece.rate_mhz)
    machine = config.watching.machine(piece.rate_mhz, front_end.step, off)
    windows = vibration([piece.samples], front_end).blocks[0]
    steady, whole = _steady(piece.samples, machine, front_end)
    level = detector.level(windows)
    scores = np.stack([np.maximum(-1 - level, -128), level - 128], 1).astype(np.int8)
    decision = DecideConfig((detector.threshold,) * 2, 0, speeds.SMOOTHED, 16)
    events = decide(scores[whole], decision, steady[whole])
    hidden = detector.hides(windows[steady]) & (level[steady] < detector.threshold)
    most = bool(len(hidden)) and bool(hidden.mean() > 0.5)
    return Told(piece.file, not piece.normal and not piece.off, bool(steady.any()), bool(events), most and not events)


def _steady(samples: np.ndarray, machine: MachineConfig, front_end: VibrationConfig) -> tuple[np.ndarray, np.ndarray]:
    """Of each window whether the machine was steady, and whether the window ends with a block, bool (windows,)."""
    sample = front_end.span - 1 + front_end.step * np.arange(front_end.blocks(len(samples)))
    return watch(samples, machine).steady[sample] >= front_end.span, (sample + 1) % machine.block == 0


def own(data: Dataset, config: Config) -> Judged:
    """Learns one speed's baseline as a board does and judges what came later, and the faults."""
    front_end = front_end_of(data)
    found = [piece for piece in pieces(data, front_end.span) if piece.normal]
    heard = [piece.samples[: round(TIME_SHARE * len(piece.samples))] for piece in found]
    off = _off_level(data, config)
    learnt = _learnt(heard, config, front_end, off)
    later = [
        dataclasses.replace(item, recording=dataclasses.replace(item.recording, samples=_rest(item)))
        if item.label == NORMAL
        else item
        for item in data.items
    ]
    test = dataclasses.replace(data, items=tuple(later))
    return _judged(data.subjects[0], test, config, off, {"own baseline": learnt})


def _rest(item: Item) -> np.ndarray:
    return item.recording.samples[round(TIME_SHARE * len(item.recording.samples)) :]


def _off_level(data: Dataset, config: Config) -> int:
    return off_level(pieces(data, front_end_of(data).span), config)


def device(fold: Fold, config: Config) -> Judged:
    """Learns all speeds in one baseline, as a board does that hears them one after the other."""
    front_end = front_end_of(fold.train)
    heard = [piece.samples for piece in pieces(fold.train, front_end.span) if piece.normal]
    off = _off_level(fold.train, config)
    learnt = _learnt(heard, config, front_end, off)
    return _judged(fold.name, fold.test, config, off, {"learnt on the device": learnt})


def _learnt(heard: list[np.ndarray], config: Config, front_end: VibrationConfig, off: int) -> Detector:
    """A board's baseline of these recordings; its own thresholds lie at that of the decision."""
    machine = config.watching.machine(front_end.rate_mhz, front_end.step, off)
    parts = []
    for samples, windows in zip(heard, vibration(heard, front_end).blocks, strict=True):
        steady, whole = _steady(samples, machine, front_end)
        parts.append(windows[steady & whole])
    windows, threshold = np.concatenate(parts), config.decision.fallback[1]
    modes = Baseline.of(windows, "study").modes(config.mixture.learning(front_end))
    if modes is None:
        raise UserError(f"expected two normal windows and more to learn from, found {len(windows)}")
    ways = ", ".join(
        f"{count} windows, threshold {own}" for count, own in zip(modes.windows, modes.thresholds, strict=True)
    )
    say(f"ways of running: {ways}; {modes.left_out} left out")
    return Detector(lambda windows: modes.scores(windows, threshold)[:, 1] + 128.0, threshold)
