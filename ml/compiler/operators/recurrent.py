"""Checks of the tensors of layers with state."""

from __future__ import annotations

from ml.compiler.graph import Tensor
from ml.compiler.operators import checks


def matrix(tensor: Tensor, shape: tuple[int, int], dtypes=("int8",)) -> None:
    """A constant matrix with one scale and zero point 0."""
    checks.constant(tensor)
    checks.dtypes(tensor, dtypes)
    checks.shape(tensor, shape)
    checks.sized(tensor)
    checks.require(len(tensor.scales) == 1 and bool(tensor.scale > 0), "it has no single scale above 0", tensor)
    checks.require(tensor.zero == 0, "its zero point is not 0", tensor)


def vector(tensor: Tensor, count: int, dtype: str = "int32") -> None:
    """A constant bias."""
    checks.constant(tensor)
    checks.dtypes(tensor, (dtype,))
    checks.require(tensor.elements == count, f"it has {tensor.elements} values, expected {count}", tensor)


def state(tensor: Tensor, count: int, dtypes: tuple[str, ...]) -> None:
    """A variable tensor that the operator alone owns."""
    checks.require(tensor.variable and tensor.data is None, "it is not a variable tensor", tensor)
    checks.quantised(tensor, dtypes)
    checks.require(tensor.elements == count, f"it has {tensor.elements} values, expected {count}", tensor)
