"""The operators the compiler knows. Importing this package registers them all."""

from ml.compiler.operators import (
    convolution,
    elementwise,
    fully_connected,
    lookup,
    movement,
    pooling,
    softmax,
)
from ml.compiler.operators.base import FAMILIES, KERNELS, Lowered, Options, Unsupported, lower

__all__ = [
    "FAMILIES",
    "KERNELS",
    "Lowered",
    "Options",
    "Unsupported",
    "convolution",
    "elementwise",
    "fully_connected",
    "lookup",
    "lower",
    "movement",
    "pooling",
    "softmax",
]
