"""A step in floating point between DEQUANTIZE and QUANTIZE: one int8 to one int8, so a table (passes/floats.py)."""

from __future__ import annotations

import numpy as np

from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.lookup import INPUTS, check_unary, lookup_family

# Exact in single precision, so that any processor gives the same.
STEPS = {"NEG": np.negative, "ABS": np.abs}
BETWEEN = "between_floats"  # the option that says so


def check(op: Op) -> None:
    check_unary(op)
    checks.require(BETWEEN in op.options, "it is not between a DEQUANTIZE and a QUANTIZE", op.output)


def table(op: Op) -> np.ndarray:
    given, output = op.inputs[0], op.output
    x = (float(given.scale) * (INPUTS - given.zero)).astype(np.float32)
    steps = STEPS[op.kind](x) / output.scale
    limited = np.clip(steps.astype(np.float64), -(1 << 20), 1 << 20)
    return output.zero + (np.sign(limited) * np.floor(np.abs(limited) + 0.5)).astype(np.int64)


for _kind in STEPS:
    lookup_family(_kind, table, check)
