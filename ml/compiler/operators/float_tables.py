"""ELU and EXP: TFLM (LiteRT for EXP, which TFLM has in floating point only) computes each of the 256 outputs in single
precision before the first inference."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ml.compiler.graph import Op
from ml.compiler.operators.lookup import INPUTS, lookup_family

LARGEST = 1 << 20  # far outside int8; the table is clamped


def by_function(op: Op, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The outputs for all inputs, of a function of float32 [256]."""
    given, output = op.inputs[0], op.output
    x = given.scale * (INPUTS - given.zero).astype(np.float32)
    with np.errstate(over="ignore"):
        steps = function(x) * (np.float32(1) / output.scale)
    limited = np.clip(steps.astype(np.float64), -LARGEST, LARGEST)
    return (np.sign(limited) * np.floor(np.abs(limited) + 0.5)).astype(np.int64) + output.zero


def exponential(x: np.ndarray) -> np.ndarray:
    """float32, rounded once."""
    with np.errstate(over="ignore"):
        return np.exp(x.astype(np.float64)).astype(np.float32)


def elu(op: Op) -> np.ndarray:
    return by_function(op, lambda x: np.where(x < 0, exponential(x) - np.float32(1), x))


lookup_family("ELU", elu)
lookup_family("EXP", lambda op: by_function(op, exponential))
