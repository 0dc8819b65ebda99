"""GELU, x times the normal distribution's integral up to x: TFLM has none, so LiteRT's table is the truth. It computes
each of the 256 outputs in single precision."""

from __future__ import annotations

import math

import numpy as np

from ml.compiler.graph import Op
from ml.compiler.operators.lookup import INPUTS, lookup_family

ROOT_HALF = np.float32(math.sqrt(0.5))
ROOT_2_OVER_PI = np.float32(2 / math.sqrt(math.pi)) * ROOT_HALF


def table(op: Op) -> np.ndarray:
    given, output = op.inputs[0], op.output
    x = given.scale * (INPUTS - given.zero).astype(np.float32)
    y = _by_tanh(x) if op.options["approximate"] else _by_erfc(x)
    return _rounded(y * (np.float32(1) / output.scale)) + output.zero


def _by_erfc(x: np.ndarray) -> np.ndarray:
    integral = [math.erfc(-float(value * ROOT_HALF)) for value in x]
    return np.float32(0.5) * x * np.array(integral, np.float32)


def _by_tanh(x: np.ndarray) -> np.ndarray:
    """Hendrycks and Gimpel, "Gaussian error linear units", 2016."""
    inner = ROOT_2_OVER_PI * (x + np.float32(0.044715) * x * x * x)
    return np.float32(0.5) * x * (np.float32(1) + np.tanh(inner.astype(np.float64)).astype(np.float32))


def _rounded(x: np.ndarray) -> np.ndarray:
    """Half away from zero; int64, far outside int8 at most."""
    x = np.clip(x.astype(np.float64), -(1 << 20), 1 << 20)
    return (np.sign(x) * np.floor(np.abs(x) + 0.5)).astype(np.int64)


lookup_family("GELU", table)
