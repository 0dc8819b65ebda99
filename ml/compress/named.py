"""What the names of a recipe's steps do (ml/compress/steps.py): the techniques, with parameters that JSON holds.

Each is `(network, lessons, seed, **parameters) -> network`.
"""

import dataclasses
from pathlib import Path

import numpy as np

from ml.compress import correct, distil, plan, prune, qat, sensitivity, sparse
from ml.compress.quantise import calibration_set
from ml.compress.steps import Network
from ml.errors import UserError
from ml.progress import say
from ml.train.keras import keras_module
from ml.train.lessons import Lessons, tune


def examples_of(lessons: Lessons, seed: int) -> np.ndarray:
    """float32 (n, ...): inputs that set ranges, drawn evenly over the classes."""
    return lessons.real(calibration_set(lessons, seed))


def pruned(
    network: Network,
    lessons: Lessons,
    seed: int,
    keep: float | dict[str, float] = 0.5,
    criterion: str = "taylor",
    multiple: int = prune.MULTIPLE,
) -> Network:
    """Channels go in one go; a `tune` should follow."""
    how = {"keep": keep, "criterion": criterion, "multiple": multiple, "seed": seed}
    return dataclasses.replace(network, model=prune.channels(network.model, lessons, **how))


def pruned_gradually(
    network: Network,
    lessons: Lessons,
    seed: int,
    epochs: int,
    keep: float = 0.5,
    rounds: int = 3,
    criterion: str = "taylor",
    rate: float | None = None,
) -> Network:
    """Channels go in rounds, with training after each."""
    how = {"keep": keep, "epochs": epochs, "rounds": rounds, "criterion": criterion, "seed": seed, "rate": rate}
    return dataclasses.replace(network, model=prune.gradual(network.model, lessons, **how))


def without_layers(network: Network, lessons: Lessons, seed: int, drop: list[str]) -> Network:
    """Whole layers go, by the beginning of their names; a `tune` should follow."""
    return dataclasses.replace(network, model=prune.layers(network.model, tuple(drop)))


def sparsely(
    network: Network, lessons: Lessons, seed: int, epochs: int, density: float = 0.25, rounds: int = 3
) -> Network:
    """Single weights go; the network stays as large as it was, and the log says whether that would pay."""
    made = sparse.weights(network.model, lessons, density=density, epochs=epochs, rounds=rounds, seed=seed)
    for row in sparse.report(made):
        say(row.verdict())
    return dataclasses.replace(network, model=made)


def distilled(
    network: Network,
    lessons: Lessons,
    seed: int,
    epochs: int,
    teachers: list[str] | None = None,
    kind: str = "response",
    temperature: float = 4.0,
    share: float = 0.7,
    rate: float | None = None,
) -> Network:
    """The network learns from what it was before any step, or from the Keras models in the files `teachers`."""
    learned_from = [_teacher(Path(one)) for one in teachers] if teachers else [network.trained]
    how = {"kind": kind, "temperature": temperature, "share": share, "seed": seed, "rate": rate}
    distil.fit(network.model, learned_from, lessons, epochs, **how)
    return network


def _teacher(path: Path):
    try:
        return keras_module().models.load_model(path, compile=False)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(f"{path}: expected a Keras model to learn from, found none: {error!s:.100}") from None


def equalised(network: Network, lessons: Lessons, seed: int) -> Network:
    """Cross-layer equalisation."""
    return dataclasses.replace(network, model=correct.equalise(network.model))


def planned(
    network: Network,
    lessons: Lessons,
    seed: int,
    bytes: int | None = None,
    points: float | None = None,
) -> Network:
    """Bits per layer under a limit of the weights' bytes, or of the points that may be lost (together, measured)."""
    rows = sensitivity.table(network.model, lessons)
    whole = sensitivity.judge(network.model, lessons).points

    def lost(bits: qat.Bits) -> float:
        return whole - sensitivity.judge(sensitivity.with_bits(network.model, bits), lessons).points

    return dataclasses.replace(network, bits=plan.choose(rows, budget_bytes=bytes, most_lost=points, judge=lost))


def rounded(
    network: Network,
    lessons: Lessons,
    seed: int,
    bits: int | dict[str, int] | None = None,
    activations: str = "mse",
    weights: str = "mse",
    wide: bool = False,
    correct_biases: bool = False,
) -> Network:
    """Fake quantisation, without training: with the bits of an earlier plan, the same for all layers, or those of
    the layers that `bits` names and 8 for the others; `wide` gives activations sixteen bits."""
    given = examples_of(lessons, seed)
    known = _bits(network, bits)
    how = {"activations": activations, "weights": weights, "activation_bits": 16 if wide else 8}
    how["input_range"] = (-128 * lessons.scale, 127 * lessons.scale)
    made = qat.wrap(network.model, given, known, **how)
    if correct_biases:
        correct.biases(made, network.model, given)
    return dataclasses.replace(network, model=made)


def _bits(network: Network, bits: int | qat.Bits | None) -> int | qat.Bits:
    if bits is not None and network.bits:
        raise UserError("bits: expected those of the plan before, or in the step; found both")
    return network.bits or bits or 8


def aware(
    network: Network,
    lessons: Lessons,
    seed: int,
    epochs: int,
    bits: int | dict[str, int] | None = None,
    activations: str = "mse",
    weights: str = "mse",
    rate: float | None = None,
) -> Network:
    """Training aware of quantisation, at a third of the first learning rate unless `rate` says another."""
    made = rounded(network, lessons, seed, bits, activations, weights)
    tune(made.model, lessons, epochs, seed, rate)
    return made
