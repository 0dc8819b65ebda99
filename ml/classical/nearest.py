"""Models that measure how near an input is to something: prototypes, and a Gaussian for each class. In integers
(lib/classical/include/classical/dense.h)."""

from dataclasses import dataclass

import numpy as np

from ml.classical.dense import Layer
from ml.classical.form import Form, Table

MOST_NEIGHBOURS = 7


@dataclass(frozen=True)
class Prototypes(Form):
    """The k nearest of a few points, in a projection that was learnt."""

    projection: Layer
    point: np.ndarray  # int8 (prototypes, projected)
    label: np.ndarray  # int (prototypes,)
    k: int
    classes: int
    family: str = "prototypes"
    header = "classical/dense.h"
    c_type = "classical_prototypes"
    run = "classical_prototypes_run"

    @property
    def inputs(self) -> int:
        return self.projection.weights.shape[1]

    def _nearest(self, inputs: np.ndarray) -> np.ndarray:
        z, point = self.projection.run(inputs), self.point.astype(np.int64)
        distance = (z**2).sum(1)[:, None] - 2 * z @ point.T + (point**2).sum(1)
        return self.label[np.argsort(distance, axis=1, kind="stable")[:, : self.k]]

    def scores(self, inputs: np.ndarray) -> np.ndarray:
        return (self._nearest(inputs)[:, :, None] == np.arange(self.classes)).sum(1)

    def answers(self, inputs: np.ndarray) -> np.ndarray:
        """Of classes with equal votes the one with the nearest point."""
        nearest = self._nearest(inputs)
        votes = (nearest[:, :, None] == nearest[:, None, :]).sum(2)
        return nearest[np.arange(len(nearest)), votes.argmax(1)]

    def tables(self) -> list[Table]:
        return [
            *self.projection.tables(),
            Table("int8_t", "point", self.point, "a row for each prototype, projected"),
            Table("uint8_t", "of", self.label, "its class"),
        ]

    def fields(self, name: str) -> str:
        numbers = f"{self.classes}, {len(self.point)}, {self.k}"
        return f"{self.projection.fields(name)}, {numbers}, &{name}_point[0][0], {name}_of"


@dataclass(frozen=True)
class Gaussian(Form):
    """A Gaussian for each class, with a variance for each input (naive Bayes)."""

    mean: np.ndarray  # int8 (classes, inputs)
    weight: np.ndarray  # uint8 (classes, inputs)
    offset: np.ndarray  # int32 (classes,)
    family: str = "gaussian"
    header = "classical/dense.h"
    c_type = "classical_gaussian"
    run = "classical_gaussian_run"

    @property
    def inputs(self) -> int:
        return self.mean.shape[1]

    @property
    def classes(self) -> int:
        return self.mean.shape[0]

    def scores(self, inputs: np.ndarray) -> np.ndarray:
        steps = inputs[:, None, :].astype(np.int64) - self.mean[None]
        return self.offset - (steps**2 * self.weight[None].astype(np.int64)).sum(2)

    def tables(self) -> list[Table]:
        return [
            Table("int8_t", "mean", self.mean, "a row for each class"),
            Table("uint8_t", "weight", self.weight, "a row for each class: of a squared step"),
            Table("int32_t", "offset", self.offset, "the score at the mean"),
        ]

    def fields(self, name: str) -> str:
        return f"{self.inputs}, {self.classes}, &{name}_mean[0][0], &{name}_weight[0][0], {name}_offset"


def gaussian(mean: np.ndarray, variance: np.ndarray, prior: np.ndarray) -> Gaussian:
    """From floats (classes, inputs) and (classes,): log likelihoods, scaled so that every sum fits 31 bits."""
    precision = 0.5 / np.maximum(variance, 0.25)
    scale = min(255 / precision.max(), (2**30) / (precision.sum(1).max() * 255**2))
    constant = np.log(prior) - 0.5 * np.log(2 * np.pi * np.maximum(variance, 0.25)).sum(1)
    offset = np.round((constant - constant.max()) * scale).astype(np.int64)
    return Gaussian(
        np.clip(np.round(mean), -128, 127).astype(np.int8), np.round(precision * scale).astype(np.uint8), offset
    )
