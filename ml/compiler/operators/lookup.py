"""Operators that map one int8 to one int8: each becomes a table of 256 bytes, filled as TFLM would compute it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ml.compiler import fixed_point
from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Array, Lowered, Options, family, kernel

INPUTS = np.arange(-128, 128, dtype=np.int64)


def check_unary(op: Op) -> None:
    checks.arity(op, 1)
    checks.quantised(op.inputs[0])
    checks.quantised(op.output)
    checks.shape(op.output, op.inputs[0].shape)


def lookup_family(kind: str, table: Callable[[Op], np.ndarray], check: Callable[[Op], None] = check_unary) -> None:
    """Registers an operator whose table is `table(op)`: int64 [256] for the inputs -128..127, not yet clamped."""
    family(kind, limits="one table of 256 bytes")(check)

    @kernel(kind, "nn_lookup")
    def offer(op: Op, options: Options) -> Lowered | None:
        low, high = fixed_point.LIMITS["int8"]
        values = np.clip(table(op), low, high).astype(np.int8)
        return Lowered(
            calls=[f"nn_lookup({{name}}_table, {op.output.elements}, {{0}}, {{out}})"],
            arrays=[Array("table", values, "output for the inputs -128..127")],
            headers=("nn/elementwise.h",),
            reason="a table of 256 bytes",
            overlap={0: 0},
        )


def relu_table(op: Op) -> np.ndarray:
    """The input rescaled, then held between the activation's bounds."""
    given, output = op.inputs[0], op.output
    mantissa, shift = fixed_point.multiplier(float(given.scale) / float(output.scale))
    low, high = fixed_point.activation_range(op.kind.lower(), output)
    return np.clip(output.zero + fixed_point.requantise(INPUTS - given.zero, mantissa, shift), low, high)


def relu6_table(op: Op) -> np.ndarray:
    """TFLM's RELU6 takes scales to be equal and clamps the input's bytes between the input's own 0 and 6."""
    given = op.inputs[0]
    low, high = fixed_point.activation_range("relu6", given)
    return np.clip(INPUTS, low, high)


lookup_family("RELU", relu_table)
lookup_family("RELU6", relu6_table)
