"""Training on new mixtures in every epoch: part of each window is hidden, so that no single band or moment is relied
on; what was taken for a word is shown again (examples.py). The learning rate stays, then falls to nothing.

Every epoch leaves a checkpoint, from which an interrupted training goes on as if nothing had happened.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np

from ml.keyword_spotting.checkpoint import Checkpoints
from ml.keyword_spotting.config import Training
from ml.keyword_spotting.examples import Drawn
from ml.keyword_spotting.mixing import masked
from ml.progress import track
from ml.train.examples import Examples
from ml.train.keras import compiled, keras_module
from ml.train.lessons import Lessons
from ml.train.training import scores, to_float

AT_ONCE = 8192  # windows that are float at a time
BACKGROUND = 2  # classes that are no keyword: unknown and silence, the last


def fit(
    network, examples: Drawn, training: Training, seed: int, judge: Callable[[], float] | None
) -> dict[str, list[float]]:
    """Trains in place; returns loss and accuracy of each epoch. `judge` and checkpoints are as in
    ml/train/training.py."""
    _compile(network, training)
    history: dict[str, list[float]] = {"loss": [], "accuracy": [], "mistakes": [], "judged": []}
    rates = [rate(epoch, training) for epoch in range(training.epochs)]
    kept = Checkpoints(examples.key, network, examples.mistakes, rates)
    first, best, weights = kept.last(history), -np.inf, None
    coming = _ahead(examples.draw(epoch) for epoch in range(first, training.epochs))
    for epoch, drawn in enumerate(track(coming, "training", training.epochs - first), first):
        network.optimizer.learning_rate = rates[epoch]
        shown = examples.shown(drawn, (lambda inputs: _sure(network, inputs)) if epoch >= training.honest else None)
        for name, value in _epoch(network, shown, training, np.random.default_rng([seed, 2, epoch])).items():
            history[name].append(value)
        history["mistakes"].append(sum(map(len, examples.mistakes)))
        kept.save(epoch + 1, history)
        if judge and 1 < training.checkpoints >= training.epochs - epoch:
            history["judged"].append(judge())
            if history["judged"][-1] >= best:
                best, weights = history["judged"][-1], network.get_weights()
    if weights is not None:
        network.set_weights(weights)
    kept.forget()
    expect_evenly(network, examples.labels, training.evenness)
    return history | {"rate": rates}


def _compile(network, training: Training) -> None:
    keras = keras_module()
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=training.label_smoothing)
    compiled(network, keras.optimizers.Adam(training.learning_rate), loss, ["accuracy"])


def rate(epoch: int, training: Training) -> float:
    """The learning rate in an epoch. It is the same in a longer training until that begins to fall, so a checkpoint
    from before serves both."""
    return training.learning_rate * min(
        1.0, (training.epochs - epoch) / training.falling, (epoch + 1) / training.rising
    )


def _sure(network, inputs: np.ndarray) -> np.ndarray:
    """How sure the network is of some keyword, float (n,)."""
    parts = [scores(network, inputs[at : at + AT_ONCE]) for at in range(0, len(inputs), AT_ONCE)]
    return np.concatenate(parts)[:, :-BACKGROUND].max(1)


def expect_evenly(network, labels: np.ndarray, evenness: float) -> None:
    """Takes back, by the biases of the last layer, that training showed some classes more often than a word: logit
    adjustment after training (A. K. Menon et al., "Long-tail learning via logit adjustment", ICLR 2021). `evenness` is
    how much of it, 0..1."""
    last = next(layer for layer in reversed(network.layers) if layer.get_weights())
    weights, biases = last.get_weights()
    shown = np.bincount(labels, minlength=len(biases)).astype(float)
    last.set_weights([weights, biases - evenness * np.log(shown / np.median(shown)).astype(np.float32)])


def lessons(examples: Drawn, classes: int, training: Training) -> Lessons:
    """For a step that trains on: the loss counts with what `expect_evenly` has taken back. Each epoch hears new
    mixtures, and again what the network takes for a word in them, as in `fit`."""
    ops, shown = keras_module().ops, np.bincount(examples.labels, minlength=classes).astype(float)
    again = ((shown / np.median(shown)) ** training.evenness).astype(np.float32)
    wanted = keras_module().losses.CategoricalCrossentropy(label_smoothing=training.label_smoothing)

    def loss(targets, made):
        shares = made * again
        return wanted(targets, shares / ops.sum(shares, axis=-1, keepdims=True))

    def of(some: Examples) -> dict:
        targets = np.eye(classes, dtype=np.float32)[some.labels]
        return {"inputs": some.inputs, "labels": some.labels, "targets": targets}

    def anew(epoch: int, network) -> Lessons:
        drawn = examples.draw(training.epochs + epoch)  # none that `fit` has shown
        made = examples.shown(drawn, lambda inputs: _sure(network, inputs))
        as_many = Examples(made.inputs[: len(examples)], made.labels[: len(examples)])
        return replace(first, **of(as_many))

    settings = {"batch": training.batch, "rate": training.learning_rate, "epochs": training.epochs}
    first = Lessons(**of(examples), loss=loss, **settings, vary=_masks(training), anew=anew)
    return first


def _masks(training: Training) -> Callable[[np.ndarray, np.random.Generator], np.ndarray]:
    return lambda inputs, rng: masked(inputs, training.mask_frames, training.mask_bands, rng)


def _epoch(network, shown: Examples, training: Training, rng: np.random.Generator) -> dict[str, float]:
    made, weight = [], []
    for inputs, targets in _ahead(_pieces(network, shown, training, rng)):
        made.append(network.fit(inputs, targets, training.batch, epochs=1, shuffle=False, verbose=0).history)
        weight.append(len(inputs))
    return {name: float(np.average([one[name][0] for one in made], weights=weight)) for name in ("loss", "accuracy")}


def _pieces(network, shown: Examples, training: Training, rng: np.random.Generator) -> Iterator[tuple]:
    identity = np.eye(network.output_shape[-1], dtype=np.float32)
    for at in range(0, len(shown), AT_ONCE):
        inputs = to_float(shown.inputs[at : at + AT_ONCE])
        yield _masks(training)(inputs, rng), identity[shown.labels[at : at + AT_ONCE]]


def _ahead(pieces: Iterator[Any]) -> Iterator[Any]:
    """The same, each made while the one before it is learnt from."""
    with ThreadPoolExecutor(1) as worker:
        coming = worker.submit(next, pieces, None)
        while (piece := coming.result()) is not None:
            coming = worker.submit(next, pieces, None)
            yield piece
