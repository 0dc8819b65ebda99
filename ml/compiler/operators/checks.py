"""Questions every operator family asks of its tensors. Each raises Unsupported with the tensor it is about."""

from __future__ import annotations

from collections.abc import Iterable

from ml.compiler.fixed_point import LIMITS
from ml.compiler.graph import Op, Tensor
from ml.compiler.unsupported import Unsupported

MAX_SIDE = 65535  # the kernels' structs hold shapes in 16 bits


def require(condition: bool, why: str, tensor: Tensor | None = None) -> None:
    if not condition:
        raise Unsupported(why, tensor)


def arity(op: Op, fewest: int, most: int | None = None, outputs: int = 1) -> None:
    """The op has the required inputs, none of them left out, and that many outputs."""
    most = fewest if most is None else most
    require(fewest <= len(op.inputs) <= most, f"it has {len(op.inputs)} inputs, expected {fewest}..{most}", _any(op))
    require(all(t is not None for t in op.inputs[:fewest]), "an input it needs is left out", _any(op))
    require(len(op.outputs) == outputs, f"it has {len(op.outputs)} outputs, expected {outputs}", _any(op))


def _any(op: Op) -> Tensor | None:
    return next((t for t in (*op.outputs, *op.inputs) if t is not None), None)


def dtypes(tensor: Tensor, allowed: Iterable[str]) -> None:
    allowed = tuple(allowed)
    require(tensor.dtype in allowed, f"it is {tensor.dtype}, expected {' or '.join(allowed)}", tensor)


def quantised(tensor: Tensor, allowed: Iterable[str] = ("int8",)) -> None:
    """An activation: one scale and a zero point in range, no side of length 0 or too long."""
    dtypes(tensor, allowed)
    require(len(tensor.scales) == 1 and bool(tensor.scale > 0), "it has no single scale above 0", tensor)
    low, high = LIMITS[tensor.dtype]
    require(low <= tensor.zero <= high, f"its zero point {tensor.zero} is outside {low}..{high}", tensor)
    require(tensor.dtype != "int16" or tensor.zero == 0, "its zero point is not 0, as int16 needs", tensor)
    sized(tensor)


def sized(tensor: Tensor) -> None:
    require(
        all(0 < side <= MAX_SIDE for side in tensor.shape), f"a side of {list(tensor.shape)} is not 1..65535", tensor
    )


def same_type(op: Op, *tensors: Tensor) -> None:
    for tensor in tensors:
        require(tensor.dtype == op.output.dtype, f"it is {tensor.dtype}, the output {op.output.dtype}", tensor)


def same_quantisation(a: Tensor, b: Tensor) -> None:
    require(a.scale == b.scale and a.zero == b.zero, "its scale and zero point differ from the input's", b)


def rank(tensor: Tensor, *allowed: int) -> None:
    require(len(tensor.shape) in allowed, f"it has {len(tensor.shape)} dimensions, expected {allowed[0]}", tensor)


def shape(tensor: Tensor, expected: tuple[int, ...]) -> None:
    require(tensor.shape == tuple(expected), f"its shape is {list(tensor.shape)}, expected {list(expected)}", tensor)


LARGEST_SCALED = 1 << 30  # a zero point added to less stays within 32 bits


def along_the_last_axis(op: Op) -> tuple[Tensor, Tensor]:
    """The one input of int8 and the output of its shape, which has an axis."""
    arity(op, 1)
    given, output = op.inputs[0], op.output
    quantised(given)
    quantised(output)
    shape(output, given.shape)
    require(len(given.shape) > 0, "it has no axis", given)
    return given, output


def scaled_sums(largest: float, real: float, output: Tensor) -> None:
    """Sums of at most `largest`, times `real`, stay well within 32 bits, as those of every sane model do."""
    require(largest * real < LARGEST_SCALED, "its scale is far too small for the sums", output)


def constant(tensor: Tensor | None) -> None:
    require(tensor is not None and tensor.data is not None, "it is not constant", tensor)
