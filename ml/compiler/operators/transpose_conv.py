"""TRANSPOSE_CONV: each output pixel gathers the taps that reach it, so that no sums are kept in memory."""

from __future__ import annotations

import numpy as np

from ml.compiler import fixed_point
from ml.compiler.graph import Op, Tensor
from ml.compiler.operators import checks
from ml.compiler.operators.base import Array, Lowered, Options, Struct, family, kernel
from ml.compiler.operators.convolution import NN_CONV_BYTES, braces, pair

IMAGE = 2  # of the inputs; the first is the output's shape, which TFLM takes from the output itself


def macs(op: Op) -> int:
    return op.inputs[IMAGE].elements * op.inputs[1].elements // op.inputs[1].shape[3]


@family("TRANSPOSE_CONV", limits="weights and bias constant; any stride, SAME or VALID; no activation", macs=macs)
def check(op: Op) -> None:
    checks.arity(op, 3, 4)
    image, weights, output, bias = op.inputs[IMAGE], op.inputs[1], op.output, op.inputs.optional(3)
    for tensor in (image, output):
        checks.quantised(tensor)
        checks.rank(tensor, 4)
    checks.constant(weights)
    checks.dtypes(weights, ("int8",))
    checks.rank(weights, 4)
    checks.sized(weights)
    channels, scales = weights.shape[0], len(weights.scales)
    checks.require(scales in (1, channels), f"it has {scales} scales for {channels} channels", weights)
    checks.require(scales == 1 or weights.axis == 0, f"its scales are along axis {weights.axis}", weights)
    checks.require(not np.any(weights.zeros), "its zero point is not 0", weights)
    checks.require(weights.shape[3] == image.shape[3], "its channels are not the input's", weights)
    checks.require(output.shape[0] == image.shape[0] and output.shape[3] == channels, "its shape does not fit", output)
    if bias is not None:
        checks.constant(bias)
        checks.dtypes(bias, ("int32",))
        checks.require(bias.elements == channels, f"it has {bias.elements} values for {channels} channels", bias)
    strides = (op.options["stride_height"], op.options["stride_width"])
    checks.require(all(0 < s <= checks.MAX_SIDE for s in strides), "a stride is not 1..65535", output)
    checks.require(op.options["activation"] == "none", f"its activation {op.options['activation']}", output)
    checks.require(max(padding(op)) <= checks.MAX_SIDE, "its padding is beyond 65535", output)


def padding(op: Op) -> tuple[int, int]:
    """Rows and columns in front of the output: the padding of the convolution that this one turns round."""
    output, window, options = op.output.shape, op.inputs[1].shape, op.options
    strides = (options["stride_height"], options["stride_width"])
    if options["padding"] != 0:
        return 0, 0
    made = [-(-side // stride) for side, stride in zip(output[1:3], strides, strict=True)]
    whole = [(n - 1) * s + k - side for n, s, k, side in zip(made, strides, window[1:3], output[1:3], strict=True)]
    return max(whole[0], 0) // 2, max(whole[1], 0) // 2


def _bias(bias: Tensor | None, channels: int) -> np.ndarray:
    return np.zeros(channels, np.int32) if bias is None else bias.values.reshape(channels)


@kernel("TRANSPOSE_CONV", "nn_transpose_conv")
def transpose_conv(op: Op, options: Options) -> Lowered | None:
    image, weights, output = op.inputs[IMAGE], op.inputs[1], op.output
    bias = _bias(op.inputs.optional(3), weights.shape[0])
    taps = np.abs(weights.values.astype(np.int64)).reshape(len(bias), -1).sum(axis=1)
    sums = np.abs(bias.astype(np.int64)) + 255 * taps
    checks.require(bool(sums.max() < 1 << 31), "its sums leave 32 bits", weights)
    mantissas, shifts = fixed_point.channel_multipliers(image.scale, weights.scales, output.scale, sums)
    stride = (op.options["stride_height"], op.options["stride_width"])
    rows = (
        (f"{braces(image.shape[1:])}, {braces(output.shape[1:])}", "input and output: height, width, channels"),
        (f"{pair(weights.shape[1:3])}, {pair(stride)}, 1, 1", "kernel, stride, dilation"),
        (f"{pair(padding(op))}, {image.shape[0]}", "padding top and left, batches"),
        (f"{image.zero}, {output.zero}, -128, 127", "zero points of input and output, smallest and largest output"),
        ("{name}_weights, {name}_bias, {name}_multiplier, {name}_shift", ""),
    )
    arrays = [Array("weights", weights.values), Array("bias", bias.astype(np.int32))]
    return Lowered(
        calls=[f"nn_transpose_conv(&{{name}}, {{{IMAGE}}}, {{out}})"],
        arrays=[*arrays, Array("multiplier", mantissas), Array("shift", shifts)],
        struct=Struct("nn_conv", rows, NN_CONV_BYTES),
        headers=("nn/conv.h",),
        parameters=weights.size + (0 if op.inputs.optional(3) is None else 4 * len(bias)),
    )
