"""Trains a Keras classifier on int8 inputs: cosine learning rate, label smoothing, the best of the last epochs."""

from collections.abc import Callable
from typing import Protocol

import numpy as np

from ml.progress import track
from ml.train.examples import Examples
from ml.train.keras import compiled, keras_module

INPUT_SCALE = 1 / 64  # int8 -> float; a power of two, so that the converter finds exactly this scale again


class Settings(Protocol):
    """What training needs to know."""

    epochs: int
    batch: int
    learning_rate: float
    label_smoothing: float
    checkpoints: int


class Model(Protocol):
    """Whatever answers whole windows: a compiled header (ml/compiler/host.py), or the float network behind it."""

    def answers(self, inputs: np.ndarray) -> np.ndarray:
        """Inputs int8 (n, ...) -> outputs (n, size) in the int8 of the model's output."""
        ...


class FloatModel:
    """A Keras network with a softmax, before it is quantised."""

    def __init__(self, network) -> None:
        self.network = network

    def answers(self, inputs: np.ndarray) -> np.ndarray:
        """Scores float (n, classes) in the unit of a softmax's int8: scale 1/256, zero point -128; not yet rounded."""
        return scores(self.network, inputs) * 256 - 128


def to_int8(scores: np.ndarray) -> np.ndarray:
    """Scores rounded and clipped; int8 as they are."""
    return np.clip(np.rint(scores), -128, 127).astype(np.int8)


def to_float(inputs: np.ndarray) -> np.ndarray:
    """int8 (n, ...) -> float32 (n, ...) as the network sees them."""
    return inputs.astype(np.float32) * np.float32(INPUT_SCALE)


def scores(network, inputs: np.ndarray) -> np.ndarray:
    """The float network's answers, float (n, classes), to int8 inputs (n, ...)."""
    return network(to_float(inputs), training=False).numpy()


def fit(
    network, examples: Examples, settings: Settings, seed: int, judge: Callable[[], float] | None = None
) -> dict[str, list[float]]:
    """Trains `network` in place; returns loss and accuracy of each epoch.

    `judge` says how good the network is now: the best of the last `settings.checkpoints` epochs is kept, the later of
    equals. Without it the last epoch is kept.
    """
    loss = keras_module().losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing)
    compiled(network, _optimiser(settings, len(examples)), loss, ["accuracy"])
    inputs, targets = to_float(examples.inputs), np.eye(network.output_shape[-1], dtype=np.float32)[examples.labels]
    rng = np.random.default_rng(seed)
    history: dict[str, list[float]] = {"loss": [], "accuracy": [], "judged": []}
    best, kept = -np.inf, None
    for epoch in track(range(settings.epochs), "training", settings.epochs):
        order = rng.permutation(len(inputs))
        made = network.fit(inputs[order], targets[order], settings.batch, epochs=1, shuffle=False, verbose=0).history
        for name in ("loss", "accuracy"):
            history[name].append(float(made[name][0]))
        if judge and epoch >= settings.epochs - settings.checkpoints:
            history["judged"].append(judge())
            if history["judged"][-1] >= best:
                best, kept = history["judged"][-1], network.get_weights()
    if kept is not None:
        network.set_weights(kept)
    return history


def _optimiser(settings: Settings, examples: int):
    keras = keras_module()
    steps = settings.epochs * -(-examples // settings.batch)
    return keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(settings.learning_rate, steps))
