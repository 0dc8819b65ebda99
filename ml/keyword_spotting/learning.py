"""Training in rounds: part of each window is hidden, so that no single band or moment is relied on; cosine learning
rate; after the first round what was taken for a word is shown again (examples.py)."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ml.keyword_spotting.config import Training
from ml.keyword_spotting.examples import Drawn
from ml.progress import track
from ml.train.examples import Examples
from ml.train.keras import keras_module
from ml.train.lessons import Lessons
from ml.train.training import scores, to_float

AT_ONCE = 16384  # windows that are float at a time
BACKGROUND = 2  # classes that are no keyword: unknown and silence, the last
MASKS = 2  # of each kind in a window
WARM_UP = 0.1  # of the steps


def fit(
    network, examples: Drawn, training: Training, seed: int, judge: Callable[[], float] | None
) -> dict[str, list[float]]:
    """Trains in place; returns loss and accuracy of each epoch. `judge` and checkpoints, of the last round, are as in
    ml/train/training.py."""
    rng = np.random.default_rng(seed)
    history: dict[str, list[float]] = {"loss": [], "accuracy": [], "judged": [], "shown": []}
    epochs, rate, shown = training.epochs, training.learning_rate, examples
    for number in range(training.rounds + 1):
        if number:
            epochs, rate = training.round_epochs, training.round_rate
            shown = examples.again(number, lambda inputs: _sure(network, inputs))
        last = number == training.rounds
        _learn(
            network, shown, replace(training, epochs=epochs, learning_rate=rate), rng, judge if last else None, history
        )
        expect_evenly(network, shown.labels, training.evenness)
        history["shown"].append(len(shown))
    return history


def _learn(network, examples: Examples, training: Training, rng: np.random.Generator, judge, history: dict) -> None:
    network.compile(
        optimizer=_optimiser(training, len(examples)),
        loss=keras_module().losses.CategoricalCrossentropy(label_smoothing=training.label_smoothing),
        metrics=["accuracy"],
    )
    best, kept = -np.inf, None
    for epoch in track(range(training.epochs), "training", training.epochs):
        for name, value in _epoch(network, examples, training, rng).items():
            history[name].append(value)
        if judge and epoch >= training.epochs - training.checkpoints:
            history["judged"].append(judge())
            if history["judged"][-1] >= best:
                best, kept = history["judged"][-1], network.get_weights()
    if kept is not None:
        network.set_weights(kept)


def _sure(network, inputs: np.ndarray) -> np.ndarray:
    """How sure the network is of some keyword, float (n,)."""
    parts = [scores(network, inputs[at : at + AT_ONCE]) for at in range(0, len(inputs), AT_ONCE)]
    return np.concatenate(parts)[:, :-BACKGROUND].max(1)


def expect_evenly(network, labels: np.ndarray, evenness: float) -> None:
    """Takes back, by the biases of the last layer, that training showed some classes more often than a word: logit
    adjustment after training (A. K. Menon et al., "Long-tail learning via logit adjustment", ICLR 2021). `evenness` is
    how much of it, 0..1."""
    weights, biases = network.layers[-1].get_weights()
    shown = np.bincount(labels, minlength=len(biases)).astype(float)
    network.layers[-1].set_weights([weights, biases - evenness * np.log(shown / np.median(shown)).astype(np.float32)])


def lessons(examples: Examples, classes: int, training: Training) -> Lessons:
    """For a step that trains on: the loss counts with what `expect_evenly` has taken back."""
    ops, shown = keras_module().ops, np.bincount(examples.labels, minlength=classes).astype(float)
    again = ((shown / np.median(shown)) ** training.evenness).astype(np.float32)
    wanted = keras_module().losses.CategoricalCrossentropy(label_smoothing=training.label_smoothing)

    def loss(targets, made):
        shares = made * again
        return wanted(targets, shares / ops.sum(shares, axis=-1, keepdims=True))

    epochs = training.epochs + training.rounds * training.round_epochs
    settings = {"batch": training.batch, "rate": training.learning_rate, "epochs": epochs}
    targets = np.eye(classes, dtype=np.float32)[examples.labels]
    return Lessons(
        examples.inputs, examples.labels, targets, loss, **settings, vary=lambda one, rng: masked(one, training, rng)
    )


def _epoch(network, examples: Examples, training: Training, rng: np.random.Generator) -> dict[str, float]:
    order, made = rng.permutation(len(examples)), []
    identity = np.eye(network.output_shape[-1], dtype=np.float32)
    for at in range(0, len(order), AT_ONCE):
        chosen = order[at : at + AT_ONCE]
        inputs = masked(to_float(examples.inputs[chosen]), training, rng)
        targets = identity[examples.labels[chosen]]
        made.append(network.fit(inputs, targets, training.batch, epochs=1, shuffle=False, verbose=0).history)
    return {name: float(np.mean([one[name][0] for one in made])) for name in ("loss", "accuracy")}


def masked(inputs: np.ndarray, training: Training, rng: np.random.Generator) -> np.ndarray:
    """Hides some bands and some moments of each window, float (n, frames, bands), behind its mean; in place."""
    mean = inputs.mean((1, 2), keepdims=True)
    for _ in range(MASKS):
        for axis, most in ((1, training.mask_frames), (2, training.mask_bands)):
            hidden = _stretch(len(inputs), inputs.shape[axis], most, rng)
            np.copyto(inputs, mean, where=hidden[:, :, None] if axis == 1 else hidden[:, None, :])
    return inputs


def _stretch(count: int, size: int, most: int, rng: np.random.Generator) -> np.ndarray:
    """bool (count, size): true for 0 to `most` neighbours each."""
    length = rng.integers(0, most + 1, count)[:, None]
    first = rng.integers(0, size - most + 1, count)[:, None]
    at = np.arange(size)
    return (at >= first) & (at < first + length)


def _optimiser(training: Training, examples: int):
    keras = keras_module()
    # Each piece of an epoch ends with a smaller batch.
    pieces = [min(AT_ONCE, examples - at) for at in range(0, examples, AT_ONCE)]
    steps = training.epochs * sum(-(-piece // training.batch) for piece in pieces)
    rising = max(1, round(steps * WARM_UP))
    rate = keras.optimizers.schedules.CosineDecay(
        training.learning_rate / 20, steps - rising, warmup_target=training.learning_rate, warmup_steps=rising
    )
    return keras.optimizers.Adam(rate)
