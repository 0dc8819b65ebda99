"""What the names of a recipe's steps do (ml/compress/steps.py): the techniques, with parameters that JSON holds.

Each is `(network, lessons, seed, **parameters) -> network`.
"""

import dataclasses

import numpy as np

from ml.compress import correct, plan, qat, sensitivity
from ml.compress.quantise import calibration_set
from ml.compress.steps import Network
from ml.errors import UserError
from ml.train.examples import Examples
from ml.train.lessons import SCALE, Lessons, tune


def examples_of(lessons: Lessons, seed: int) -> np.ndarray:
    """float32 (n, ...): inputs that set ranges, drawn evenly over the classes."""
    return calibration_set(Examples(lessons.inputs, lessons.labels), seed).astype(np.float32) * SCALE


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
    bits: int | None = None,
    activations: str = "mse",
    weights: str = "mse",
    wide: bool = False,
    correct_biases: bool = False,
) -> Network:
    """Fake quantisation, without training: with the bits of an earlier plan, or the same for all layers; `wide` gives
    activations sixteen bits."""
    given = examples_of(lessons, seed)
    known = _bits(network, bits)
    how = {"activations": activations, "weights": weights, "activation_bits": 16 if wide else 8}
    made = qat.wrap(network.model, given, known, **how)
    if correct_biases:
        correct.biases(made, network.model, given)
    return dataclasses.replace(network, model=made)


def _bits(network: Network, bits: int | None) -> int | qat.Bits:
    if bits is not None and network.bits:
        raise UserError("bits: expected those of the plan before, or one number for all layers; found both")
    return network.bits or bits or 8


def aware(
    network: Network,
    lessons: Lessons,
    seed: int,
    epochs: int,
    bits: int | None = None,
    activations: str = "mse",
    weights: str = "mse",
    rate: float | None = None,
) -> Network:
    """Training aware of quantisation, at a third of the first learning rate unless `rate` says another."""
    made = rounded(network, lessons, seed, bits, activations, weights)
    tune(made.model, lessons, epochs, seed, rate)
    return made
