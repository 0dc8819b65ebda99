"""ADD, SUB, MUL, MAXIMUM and MINIMUM with a constant of one value: one int8 to one int8, so a table."""

from __future__ import annotations

import numpy as np

from ml.compiler import fixed_point
from ml.compiler.graph import Op
from ml.compiler.operators.base import Lowered, Options, kernel
from ml.compiler.operators.elementwise import LEFT_SHIFT, product_multiplier, sum_multipliers
from ml.compiler.operators.lookup import INPUTS, lower_table


def _values(op: Op) -> tuple[np.ndarray, np.ndarray]:
    """Both inputs less their zero points, where the one that is not constant takes all its values."""
    a, b = ((INPUTS if t.data is None else t.data.reshape(-1).astype(np.int64)) - t.zero for t in op.inputs)
    return a, b


def _sum(op: Op, sign: int) -> np.ndarray:
    (a_scale, b_scale, out_scale), (a, b) = sum_multipliers(op, LEFT_SHIFT), _values(op)
    left, right = fixed_point.requantise(a << LEFT_SHIFT, *a_scale), fixed_point.requantise(b << LEFT_SHIFT, *b_scale)
    return fixed_point.requantise(left + sign * right, *out_scale)


def _product(op: Op) -> np.ndarray:
    a, b = _values(op)
    return fixed_point.requantise(a * b, *product_multiplier(op))


TABLES = {
    "ADD": lambda op: _sum(op, 1),
    "SUB": lambda op: _sum(op, -1),
    "MUL": _product,
    "MAXIMUM": lambda op: np.maximum(*_values(op)),
    "MINIMUM": lambda op: np.minimum(*_values(op)),
}


def _offer(kind: str) -> None:
    @kernel(kind, "nn_lookup")
    def offer(op: Op, options: Options) -> Lowered | None:
        constant = [i for i, t in enumerate(op.inputs) if t.data is not None and t.elements == 1]
        if len(constant) != 1 or op.inputs[1 - constant[0]].data is not None:
            return None
        low, high = fixed_point.activation_range(op.options.get("activation", "none"), op.output)
        values = np.clip(fixed_point.wrap32(TABLES[kind](op) + op.output.zero), low, high)
        lowered = lower_table(op, values, 1 - constant[0])
        lowered.reason = "a constant of one value: a table of 256 bytes"
        lowered.parameters = op.inputs[constant[0]].size
        return lowered


for _kind in TABLES:
    _offer(_kind)
