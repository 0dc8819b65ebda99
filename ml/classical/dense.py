"""Models that are sums of products, in integers (lib/classical/include/classical/dense.h)."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ml.classical.form import Form, Table
from ml.errors import UserError

MOST_HIDDEN = 64  # CLASSICAL_MAX_HIDDEN
TOP = 127
CLIPS = np.array([1, 0.85, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2])  # of the largest weight
CALIBRATION = 500  # rows


class Affine(NamedTuple):
    """x -> weights x + bias, in floats."""

    weights: np.ndarray  # (outputs, inputs)
    bias: np.ndarray  # (outputs,)


@dataclass(frozen=True)
class Layer:
    """clip((weights x + bias) * multiplier / 2^shift, least, 127), halves up: classical_layer."""

    weights: np.ndarray  # int8 (outputs, inputs)
    bias: np.ndarray  # int32 (outputs,)
    multiplier: int
    shift: int
    least: int

    def run(self, inputs: np.ndarray) -> np.ndarray:
        """int64 (n, outputs)."""
        sums = inputs.astype(np.int64) @ self.weights.T.astype(np.int64) + self.bias
        return np.clip((sums * self.multiplier + (1 << (self.shift - 1))) >> self.shift, self.least, TOP)

    def tables(self) -> list[Table]:
        return [
            Table("int8_t", "projection", self.weights, "from the inputs, a row for each value"),
            Table("int32_t", "projection_bias", self.bias, "added to its sums"),
        ]

    def fields(self, name: str) -> str:
        outputs, inputs = self.weights.shape
        tables = f"&{name}_projection[0][0], {name}_projection_bias"
        return f"{{{inputs}, {outputs}, {tables}, {self.multiplier}, {self.shift}, {self.least}}}"


def _whole(weights: np.ndarray, inputs: np.ndarray) -> tuple[np.ndarray, float]:
    """int8 weights and their scale: of a few ways to clip, the one whose sums over the inputs are nearest."""
    largest, rows = max(np.abs(weights).max(), 1e-12), inputs[:: max(1, len(inputs) // CALIBRATION)].astype(float)
    made = [(np.clip(np.round(weights * scale), -TOP, TOP), scale) for scale in TOP / (largest * CLIPS)]
    errors = [((rows @ (whole / scale - weights).T) ** 2).sum() for whole, scale in made]
    whole, scale = made[int(np.argmin(errors))]
    return whole.astype(np.int8), float(scale)


def layer(affine: Affine, inputs: np.ndarray, least: int) -> tuple[Layer, float]:
    """A layer in integers, and what one of its steps means in floats; `inputs` (n, inputs) tell how large it grows."""
    if len(affine.bias) > MOST_HIDDEN:
        raise UserError(
            f"expected at most {MOST_HIDDEN} hidden or projected values, found {len(affine.bias)}; train fewer"
        )
    weights, scale = _whole(affine.weights, inputs)
    values = inputs @ affine.weights.T + affine.bias
    largest = np.quantile(np.abs(values) if least else np.maximum(values, 0), 0.999)
    step = max(float(largest), 1e-6) / TOP
    ratio = 1 / (scale * step)
    shift = int(np.clip(7 - np.floor(np.log2(ratio)), 1, 30))
    multiplier = int(np.clip(np.round(ratio * 2**shift), 1, 255))
    bias = np.round(affine.bias * scale).astype(np.int64)
    room = (2**31 - 1) // multiplier - affine.weights.shape[1] * 128 * TOP - 1
    return Layer(weights, np.clip(bias, -room, room), multiplier, shift, least), 2.0**shift / (multiplier * scale)


@dataclass(frozen=True)
class Linear(Form):
    """A score for each class; also a linear support vector machine, and the last layer of a perceptron."""

    weights: np.ndarray  # int8 (classes, inputs)
    bias: np.ndarray  # int32 (classes,)
    family: str = "linear"
    header = "classical/dense.h"
    c_type = "classical_linear"
    run = "classical_linear_run"

    @property
    def inputs(self) -> int:
        return self.weights.shape[1]

    @property
    def classes(self) -> int:
        return self.weights.shape[0]

    def scores(self, inputs: np.ndarray) -> np.ndarray:
        return inputs.astype(np.int64) @ self.weights.T.astype(np.int64) + self.bias

    def tables(self) -> list[Table]:
        return [
            Table("int8_t", "weights", self.weights, "a row for each class"),
            Table("int32_t", "bias", self.bias, "added to its sums"),
        ]

    def fields(self, name: str) -> str:
        return f"{self.inputs}, {self.classes}, &{name}_weights[0][0], {name}_bias"


def linear(affine: Affine, inputs: np.ndarray, step: float = 1.0) -> Linear:
    """In integers; `step` is what one of its inputs (n, inputs) means in floats."""
    weights, scale = _whole(affine.weights, inputs)
    bias = np.clip(np.round(affine.bias * scale / step), -(2**30), 2**30).astype(np.int64)
    return Linear(weights, bias)


@dataclass(frozen=True)
class Mlp(Form):
    """A multilayer perceptron with one hidden layer of rectifiers."""

    hidden: Layer
    output: Linear
    family: str = "mlp"
    header = "classical/dense.h"
    c_type = "classical_mlp"
    run = "classical_mlp_run"

    @property
    def inputs(self) -> int:
        return self.hidden.weights.shape[1]

    @property
    def classes(self) -> int:
        return self.output.classes

    def scores(self, inputs: np.ndarray) -> np.ndarray:
        return self.output.scores(self.hidden.run(inputs))

    def tables(self) -> list[Table]:
        return [*self.hidden.tables(), *self.output.tables()]

    def fields(self, name: str) -> str:
        return f"{self.hidden.fields(name)}, {{{self.output.fields(name)}}}"
