"""Single weights pruned, and whether that pays on a microcontroller. It hardly ever does: the report says by how much.

A weight that is left costs two bytes (itself and how far it is from the last) and 4 cycles; in a dense layer a weight
costs one byte and 0.94 cycles, with four bits half a byte at the same speed. So it has to be a fourth at most.
"""

from dataclasses import dataclass

import numpy as np

from ml.compress.graph import nodes
from ml.errors import UserError
from ml.train.keras import keras_module
from ml.train.lessons import Lessons, tune

CYCLES, DENSE_CYCLES = 4.0, 0.94  # for each weight that is left; for each weight. Cortex-M4, docs/shrink.md
BYTES, DENSE_BYTES, INT4_BYTES = 2.0, 1.0, 0.5
WEIGHTED_ALWAYS = 16  # a layer with fewer weights is left alone


@dataclass(frozen=True)
class Sparsity:
    """A layer after pruning."""

    layer: str
    weights: int
    left: int

    @property
    def density(self) -> float:
        return self.left / self.weights

    @property
    def cycles(self) -> float:
        """What sparse kernels would take of the dense ones' cycles."""
        return self.density * CYCLES / DENSE_CYCLES

    @property
    def bytes(self) -> float:
        """Of the bytes that dense weights of four bits take."""
        return self.density * BYTES / INT4_BYTES

    def verdict(self) -> str:
        """One line."""
        pays = [what for what, share in (("cycles", self.cycles), ("bytes", self.bytes)) if share < 1]
        said = f"pays in {' and '.join(pays)}" if pays else "does not pay"
        return (
            f"{self.layer}: density {self.density:.0%}, {self.cycles:.2f} of the cycles of dense int8, "
            f"{self.bytes:.2f} of the bytes of dense int4: {said}; "
            f"below {DENSE_CYCLES / CYCLES:.0%} it would be faster, below {INT4_BYTES / BYTES:.0%} smaller"
        )


def weights(model, lessons: Lessons, *, density: float = 0.25, epochs: int = 6, rounds: int = 3, seed: int = 0):
    """Keeps the largest `density` of each layer's weights, less in each of the `rounds`, with training between (S. Han
    et al., NeurIPS 2015; the cubic of M. Zhu and S. Gupta, arXiv:1710.01878). In place; returns the model, as large as
    it was: zeros among its weights save nothing until something skips them."""
    if not 0 < density <= 1 or not 1 <= rounds <= epochs:
        raise UserError(
            f"pruning of weights: expected a density of 0..1 and 1 to {epochs} rounds, found {density}, {rounds}"
        )
    for number in range(1, rounds + 1):
        share = 1 - (1 - density) * (1 - (1 - number / rounds) ** 3)
        for node in nodes(model):
            if node.weighted and node.layer.get_weights()[0].size >= WEIGHTED_ALWAYS:
                _hold(node.layer, share)
        tune(model, lessons, epochs * number // rounds - epochs * (number - 1) // rounds, seed)
    return model


def _hold(layer, share: float) -> None:
    """Zeros in the layer's kernel now, and after each step of training."""
    kernel = layer.kernel.numpy()
    kept = np.zeros(kernel.size, bool)
    kept[np.argsort(-np.abs(kernel.ravel()), kind="stable")[: max(1, round(share * kernel.size))]] = True
    layer.kernel.assign(kernel * kept.reshape(kernel.shape))
    layer.kernel.constraint = _held(kept.reshape(kernel.shape))


def _held(kept: np.ndarray):
    class Held(keras_module().constraints.Constraint):
        """Weights that are gone stay gone."""

        def __call__(self, value):
            return value * kept.astype(np.float32)

    return Held()


def report(model) -> list[Sparsity]:
    """The density of each weighted layer."""
    found = []
    for node in nodes(model):
        if node.weighted:
            kernel = node.layer.get_weights()[0]
            found.append(Sparsity(node.name, kernel.size, int(np.count_nonzero(kernel))))
    return found
