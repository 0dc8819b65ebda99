"""Shapes that a dynamic batch leaves open: the file writes 1 for each side that it does not know.

Keras' Dense on more than two dimensions becomes a RESHAPE to [-1, inputs], a matrix product and a RESHAPE back. Where
the first one's new shape is a constant by now, it and what follows get the sides that they have.
"""

from __future__ import annotations

from math import prod

from ml.compiler.graph import Op, Tensor
from ml.compiler.operators.checks import MAX_SIDE

SAME_SHAPE = (
    *("RELU", "RELU6", "LEAKY_RELU", "HARD_SWISH", "LOGISTIC", "TANH", "GELU", "QUANTIZE", "SOFTMAX", "ELU", "EXP"),
    *("ADD", "SUB", "MUL", "DIV", "PRELU"),  # with a constant that has no more dimensions
)


class Revised:
    """The tensors whose shape was found to be another one."""

    def __init__(self):
        self._ids: set[int] = set()

    def follow(self, op: Op) -> None:
        """Corrects the output's shape where it follows from a RESHAPE's constant or from a corrected input."""
        if len(op.outputs) != 1 or not op.inputs or op.inputs[0] is None:
            return
        shape = _reshaped(op) if op.kind == "RESHAPE" else self._following(op)
        if shape is not None and shape != op.output.shape and all(0 < side <= MAX_SIDE for side in shape):
            op.output.shape = shape
            self._ids.add(id(op.output))

    def _following(self, op: Op) -> tuple[int, ...] | None:
        given = next((t for t in op.inputs if t is not None and id(t) in self._ids), None)
        if given is None:
            return None
        if op.kind == "FULLY_CONNECTED" and given is op.inputs[0] and len(op.inputs) > 1:
            return _multiplied(op, given)
        return given.shape if op.kind in SAME_SHAPE else None


def _reshaped(op: Op) -> tuple[int, ...] | None:
    if len(op.inputs) != 2 or op.inputs[1] is None or op.inputs[1].data is None:
        return None
    sides = [int(side) for side in op.inputs[1].data.reshape(-1)]
    known = prod(side for side in sides if side != -1)
    if sides.count(-1) == 1 and known > 0 and op.inputs[0].elements % known == 0:
        sides[sides.index(-1)] = op.inputs[0].elements // known
    fits = len(sides) <= 8 and min(sides, default=1) > 0 and prod(sides) == op.inputs[0].elements
    return tuple(sides) if fits else None


def _multiplied(op: Op, given: Tensor) -> tuple[int, ...] | None:
    weights = op.inputs[1]
    if weights is None or len(weights.shape) != 2 or 0 in weights.shape or given.elements % weights.shape[1]:
        return None
    keep = op.options["keep_num_dims"] and given.shape[-1] == weights.shape[1]
    rows = given.shape[:-1] if keep else (given.elements // weights.shape[1],)
    return (*rows, weights.shape[0])
