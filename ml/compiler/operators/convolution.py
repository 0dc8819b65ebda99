"""CONV_2D and DEPTHWISE_CONV_2D: int8 with one weight scale per output channel (or one for all)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ml.compiler import fixed_point
from ml.compiler.graph import Op, Tensor
from ml.compiler.once import once
from ml.compiler.operators import checks
from ml.compiler.operators.base import Array, Lowered, Options, Struct, family, kernel

NN_CONV_BYTES = 56  # sizeof(nn_conv) on a 32-bit processor


@dataclass(frozen=True)
class Window:
    """How a filter or pooling window walks over the image: [height, width] each."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    pad: tuple[int, int]  # top, left


def window(op: Op, kernel: tuple[int, ...], image: Tensor, output: Tensor) -> Window:
    """Strides, dilation and padding of an op; checks that the output's shape follows from them.

    `kernel` is (height, width). `pads` among the options (top, bottom, left, right) is explicit padding that a pass
    moved here.
    """
    options = op.options
    stride = (options["stride_height"], options["stride_width"])
    dilation = (options.get("dilation_height", 1), options.get("dilation_width", 1))
    checks.require(
        all(0 < s <= checks.MAX_SIDE for s in (*stride, *dilation, *kernel)), "a stride is not 1..65535", output
    )
    explicit = options.get("pads", (0, 0, 0, 0))
    same = options["padding"] == 0
    sides, pad = _walked(tuple(image.shape[1:3]), tuple(kernel), stride, dilation, explicit, same)
    checks.shape(output, (image.shape[0], *sides, output.shape[3]))
    checks.require(max(pad) <= checks.MAX_SIDE, "its padding is beyond 65535", output)
    return Window((kernel[0], kernel[1]), stride, dilation, pad)


@lru_cache(maxsize=4096)
def _walked(image, kernel, stride, dilation, explicit, same: bool) -> tuple[tuple[int, int], tuple[int, int]]:
    """(output's height and width, padding at top and left)."""
    sides, pad = [], []
    for axis in (0, 1):
        before, after = explicit[2 * axis], explicit[2 * axis + 1]
        length = image[axis] + before + after
        reach = (kernel[axis] - 1) * dilation[axis] + 1
        count = -(-length // stride[axis]) if same else (length - reach + stride[axis]) // stride[axis]
        total = max((count - 1) * stride[axis] + reach - length, 0) if same else 0
        sides.append(count)
        pad.append(total // 2 + before)
    return (sides[0], sides[1]), (pad[0], pad[1])


def check_convolution(op: Op, channel_axis: int, *, activations: str = "int8", biases=("int32",)) -> None:
    """What both convolutions ask for, on either type of activations."""
    checks.arity(op, 2, 3)
    image, weights, output = op.inputs[0], op.inputs[1], op.output
    bias = op.inputs[2] if len(op.inputs) == 3 else None
    for tensor in (image, output):
        checks.quantised(tensor, (activations,))
        checks.rank(tensor, 4)
    checks.constant(weights)
    checks.dtypes(weights, ("int8",))
    checks.rank(weights, 4)
    checks.sized(weights)
    channels = weights.shape[channel_axis]
    scales = len(weights.scales)
    checks.require(scales in (1, channels), f"it has {scales} scales for {channels} channels", weights)
    checks.require(scales == 1 or weights.axis == channel_axis, f"its scales are along axis {weights.axis}", weights)
    checks.require(not np.any(weights.zeros), "its zero point is not 0", weights)
    checks.require(
        output.shape[3] == channels, f"its {output.shape[3]} channels are not the weights' {channels}", output
    )
    if bias is not None:
        checks.constant(bias)
        checks.dtypes(bias, biases)
        checks.require(bias.elements == channels, f"it has {bias.elements} values for {channels} channels", bias)
    window(op, weights.shape[1:3], image, output)


def conv_macs(op: Op) -> int:
    """Padding taps included, as is usual."""
    return op.output.elements * op.inputs[1].elements // op.inputs[1].shape[0]


def depthwise_macs(op: Op) -> int:
    return op.output.elements * op.inputs[1].shape[1] * op.inputs[1].shape[2]


@family(
    "CONV_2D",
    limits="weights (int8 or int4) and bias constant; any stride, dilation, SAME or VALID, groups",
    macs=conv_macs,
)
def check_conv(op: Op) -> None:
    check_convolution(op, 0)
    check_groups(op)


def check_groups(op: Op) -> None:
    image, weights, output = op.inputs[0], op.inputs[1], op.output
    groups = image.shape[3] // weights.shape[3]
    fits = image.shape[3] == groups * weights.shape[3] and groups > 0 and output.shape[3] % groups == 0
    checks.require(fits, f"{image.shape[3]} channels do not divide into groups of {weights.shape[3]}", image)


@family("DEPTHWISE_CONV_2D", limits="weights (int8 or int4) and bias constant; any multiplier", macs=depthwise_macs)
def check_depthwise(op: Op) -> None:
    check_convolution(op, 3)
    check_multiplier(op)


def check_multiplier(op: Op) -> None:
    image, weights, output = op.inputs[0], op.inputs[1], op.output
    checks.require(weights.shape[0] == 1, "its first side is not 1", weights)
    fits = output.shape[3] % image.shape[3] == 0
    checks.require(fits, f"{output.shape[3]} is no multiple of the input's {image.shape[3]} channels", output)
    multiplier = output.shape[3] // image.shape[3]
    checks.require(op.options["depth_multiplier"] == multiplier, f"its multiplier is not {multiplier}", output)


def folded_bias(weights: np.ndarray, bias: Tensor | None, input_zero: int, channels: int, owner: Tensor) -> np.ndarray:
    """bias - input_zero * sum(weights): int32 [channels]; `weights` is [channels, taps]. No sum may leave 32 bits."""
    base = np.zeros(channels, np.int64) if bias is None else bias.values.reshape(channels).astype(np.int64)
    folded = base - input_zero * weights.astype(np.int64).sum(axis=1)
    checks.require(bool(np.all(largest_sums(weights, folded) < 1 << 31)), "its sums leave 32 bits", owner)
    return folded.astype(np.int32)


def largest_sums(weights: np.ndarray, folded: np.ndarray) -> np.ndarray:
    """How far from 0 each channel's sum can come, on any int8 input: int64 [channels]."""
    return np.abs(folded.astype(np.int64)) + 128 * np.abs(weights.astype(np.int64)).sum(axis=1)


def weights_by_channel(op: Op) -> np.ndarray:
    """int8 [output channel, taps] of either convolution."""
    weights = op.inputs[1].values
    if op.kind == "DEPTHWISE_CONV_2D":
        return weights.reshape(-1, weights.shape[3]).T
    return weights.reshape(weights.shape[0], -1)


def once_for(op: Op, what: str, make):
    """make(), once for all operators with the same constants and scales."""
    given, weights, output = op.inputs[0], op.inputs[1], op.output
    bias = op.inputs[2].data if len(op.inputs) == 3 and op.inputs[2] is not None else None
    scales = (given.scale, given.zero, weights.scales.tobytes(), output.scale, output.zero, op.options["activation"])
    return once((weights.data, bias), (what, weights.shape, *scales), make)


def channel_arrays(op: Op) -> list[Array]:
    """Bias, multiplier and shift for each output channel: what every convolution kernel needs beside its weights."""
    return once_for(op, "channels", lambda: _channel_arrays(op))


def _channel_arrays(op: Op) -> list[Array]:
    image, weights, output = op.inputs[0], op.inputs[1], op.output
    channels = output.shape[3]
    bias = op.inputs[2] if len(op.inputs) == 3 else None
    by_channel = weights_by_channel(op)
    folded = folded_bias(by_channel, bias, image.zero, channels, weights)
    sums = largest_sums(by_channel, folded)
    mantissas, shifts = fixed_point.channel_multipliers(image.scale, weights.scales, output.scale, sums)
    return [
        Array("bias", folded, "input zero folded in"),
        Array("multiplier", mantissas),
        Array("shift", shifts),
    ]


def conv_rows(op: Op) -> tuple[tuple[str, str], ...]:
    """The rows of an nn_conv."""
    image, weights, output = op.inputs[0], op.inputs[1], op.output
    walk = window(op, weights.shape[1:3], image, output)
    low, high = fixed_point.activation_range(op.options["activation"], output)
    return (
        (f"{braces(image.shape[1:])}, {braces(output.shape[1:])}", "input and output: height, width, channels"),
        (f"{pair(walk.kernel)}, {pair(walk.stride)}, {pair(walk.dilation)}", "kernel, stride, dilation"),
        (f"{pair(walk.pad)}, {image.shape[0]}", "padding top and left, batches"),
        (f"{image.zero}, {output.zero}, {low}, {high}", "zero points of input and output, smallest and largest output"),
        ("{name}_weights, {name}_bias, {name}_multiplier, {name}_shift", ""),
    )


def braces(numbers) -> str:
    return "{" + ", ".join(map(str, numbers)) + "}"


def pair(numbers) -> str:
    return ", ".join(map(str, numbers))


def parameters(op: Op) -> int:
    return sum(t.size for t in op.inputs[1:] if t is not None)


@kernel("CONV_2D", "nn_conv_2d")
def conv_2d(op: Op, options: Options) -> Lowered | None:
    if op.inputs[1].shape[3] != op.inputs[0].shape[3]:
        return None
    return Lowered(
        calls=["nn_conv_2d(&{name}, {0}, {out})"],
        arrays=[Array("weights", op.inputs[1].values), *channel_arrays(op)],
        struct=Struct("nn_conv", conv_rows(op), NN_CONV_BYTES),
        headers=("nn/conv.h",),
        parameters=parameters(op),
    )


@kernel("CONV_2D", "nn_conv_2d_grouped")
def conv_2d_grouped(op: Op, options: Options) -> Lowered | None:
    groups = op.inputs[0].shape[3] // op.inputs[1].shape[3]
    if groups == 1:
        return None
    (first, meaning), *middle, last = conv_rows(op)
    rows = (("{" + first, meaning), *middle, (last[0] + "}", ""), (f"{groups}", "groups"))
    return Lowered(
        calls=["nn_conv_2d_grouped(&{name}, {0}, {out})"],
        arrays=[Array("weights", op.inputs[1].values), *channel_arrays(op)],
        struct=Struct("nn_grouped_conv", rows, NN_CONV_BYTES + 4),
        headers=("nn/conv.h",),
        parameters=parameters(op),
    )


@kernel("DEPTHWISE_CONV_2D", "nn_depthwise_conv_2d")
def depthwise_conv_2d(op: Op, options: Options) -> Lowered | None:
    return Lowered(
        calls=["nn_depthwise_conv_2d(&{name}, {0}, {out})"],
        arrays=[Array("weights", op.inputs[1].values[0]), *channel_arrays(op)],
        struct=Struct("nn_conv", conv_rows(op), NN_CONV_BYTES),
        headers=("nn/conv.h",),
        parameters=parameters(op),
    )
