"""MAX_POOL_2D, AVERAGE_POOL_2D and MEAN."""

from __future__ import annotations

from ml.compiler import fixed_point
from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Lowered, Options, Struct, family, kernel
from ml.compiler.operators.convolution import braces, pair, window

POOL_BYTES = 30  # sizeof(nn_pool)
MEAN_BYTES = 24  # sizeof(nn_mean_params) on a 32-bit processor


def cells(op: Op) -> int:
    """Values looked at: what a pooling costs instead of MACs."""
    return op.output.elements * op.options["kernel_height"] * op.options["kernel_width"]


def check_pool(op: Op, activations: str = "int8") -> None:
    checks.arity(op, 1)
    image, output = op.inputs[0], op.output
    for tensor in (image, output):
        checks.quantised(tensor, (activations,))
        checks.rank(tensor, 4)
    checks.same_quantisation(image, output)
    fixed_point.activation_range(op.options["activation"], output)
    checks.require(image.shape[3] == output.shape[3], "its channels are not the input's", output)
    walk = window(op, (op.options["kernel_height"], op.options["kernel_width"]), image, output)
    for side in (0, 1):
        last = (output.shape[1 + side] - 1) * walk.stride[side] - walk.pad[side]
        inside = walk.pad[side] < walk.kernel[side] and last < image.shape[1 + side]
        checks.require(inside, "a window lies outside the image", output)


POOL_LIMITS = "any window, stride, SAME or VALID; scale and zero point as the input"
family("MAX_POOL_2D", limits=POOL_LIMITS)(check_pool)
family("AVERAGE_POOL_2D", limits=POOL_LIMITS)(check_pool)


def lower_pool(op: Op, function: str) -> Lowered:
    image, output = op.inputs[0], op.output
    walk = window(op, (op.options["kernel_height"], op.options["kernel_width"]), image, output)
    low, high = fixed_point.activation_range(op.options["activation"], output)
    rows = (
        (f"{braces(image.shape[1:])}, {braces(output.shape[1:])}", "input and output: height, width, channels"),
        (f"{pair(walk.kernel)}, {pair(walk.stride)}, {pair(walk.pad)}", "window, stride, padding top and left"),
        (f"{image.shape[0]}, {low}, {high}", "batches, smallest and largest output"),
    )
    return Lowered(
        calls=[function + "(&{name}, {0}, {out})"],
        struct=Struct("nn_pool", rows, POOL_BYTES),
        headers=("nn/pool.h",),
    )


@kernel("MAX_POOL_2D", "nn_max_pool")
def max_pool(op: Op, options: Options) -> Lowered | None:
    return lower_pool(op, "nn_max_pool")


@kernel("AVERAGE_POOL_2D", "nn_average_pool")
def average_pool(op: Op, options: Options) -> Lowered | None:
    return lower_pool(op, "nn_average_pool")


def reduced_axes(op: Op) -> set[int]:
    rank = len(op.inputs[0].shape)
    axes = {int(axis) + (rank if axis < 0 else 0) for axis in op.inputs[1].values.reshape(-1).tolist()}
    checks.require(all(0 <= axis < rank for axis in axes), f"an axis is outside its {rank} dimensions", op.inputs[0])
    return axes


def mean_sides(op: Op) -> tuple[list[int], list[int]]:
    """(kept[3], reduced[2]): the input's shape as kept, reduced, kept, reduced, kept."""
    axes = reduced_axes(op)
    groups: list[tuple[bool, int]] = []
    for axis, side in enumerate(op.inputs[0].shape):
        reduced = axis in axes
        if side == 1:
            continue
        if groups and groups[-1][0] == reduced:
            groups[-1] = (reduced, groups[-1][1] * side)
        else:
            groups.append((reduced, side))
    if groups and groups[0][0]:
        groups.insert(0, (False, 1))
    sides = [side for _, side in groups]
    checks.require(len(sides) <= 5, "it reduces more than two groups of axes", op.inputs[0])
    sides += [1] * (5 - len(sides))
    return sides[0::2], sides[1::2]


MEAN_LIMITS = "axes constant, in at most two groups of neighbours"


@family("MEAN", limits=MEAN_LIMITS)
def check_mean(op: Op, activations: str = "int8") -> None:
    checks.arity(op, 2)
    given, output = op.inputs[0], op.output
    checks.quantised(given, (activations,))
    checks.quantised(output, (activations,))
    checks.constant(op.inputs[1])
    checks.dtypes(op.inputs[1], ("int32",))
    kept, reduced = mean_sides(op)
    checks.require(max(*kept, *reduced) <= checks.MAX_SIDE, "a group of its axes is longer than 65535", given)
    axes = reduced_axes(op)
    keep = op.options["keep_dims"]
    sides = [1 if a in axes else side for a, side in enumerate(given.shape) if keep or a not in axes]
    checks.shape(output, tuple(sides))


def mean_multiplier(op: Op, count: int) -> tuple[int, int]:
    """The rescaling with 1 / count folded in, truncated as TFLM does."""
    mantissa, shift = fixed_point.multiplier(float(op.inputs[0].scale) / float(op.output.scale))
    more = min(count.bit_length() - 1, 32, 31 + shift)
    return (mantissa << more) // count, shift - more


@kernel("MEAN", "nn_mean")
def mean(op: Op, options: Options) -> Lowered | None:
    return lower_mean(op, "nn_mean")


def lower_mean(op: Op, function: str, multiplier: tuple[int, int] | None = None) -> Lowered:
    """`multiplier`: of the sum; left out, it is that of a mean."""
    kept, reduced = mean_sides(op)
    count = reduced[0] * reduced[1]
    mantissa, shift = multiplier or mean_multiplier(op, count)
    rows = (
        (f"{braces(kept)}, {braces(reduced)}", "sides kept and reduced, in turn"),
        (f"{op.output.zero}, {-op.inputs[0].zero * count}", "zero point of the output, offset of the sum"),
        (f"{mantissa}, {shift}", "multiplier, shift"),
    )
    return Lowered(
        calls=[function + "(&{name}, {0}, {out})"],
        struct=Struct("nn_mean_params", rows, MEAN_BYTES),
        headers=("nn/pool.h",),
    )
