"""Offers of the packed kernels (lib/nn/src/dsp) for convolutions; packed_dense.py has those for matrices.

Each estimate of cycles is the count of instructions of the kernel's loops by timing.py's table; `python -m ml profile`
measures the real ones.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ml.compiler import fixed_point, packing
from ml.compiler.graph import Op
from ml.compiler.operators.base import Array, Lowered, Options, Struct, kernel
from ml.compiler.operators.convolution import (
    Window,
    braces,
    channel_arrays,
    once_for,
    pair,
    parameters,
    weights_by_channel,
    window,
)

CONV_BYTES, DEPTHWISE_BYTES, TAPS_BYTES = 44, 48, 48  # sizeof on a 32-bit processor


def conv_overlap(op: Op, walk: Window, together: int = 2) -> int:
    """How far before its input the output must start: pixels are written once the windows of `together` were read."""
    return _overlap(tuple(op.inputs[0].shape), tuple(op.output.shape), walk, together)


@lru_cache(maxsize=4096)
def _overlap(image: tuple[int, ...], output: tuple[int, ...], walk: Window, together: int) -> int:
    (rows, columns), depth = output[1:3], output[3]
    y, x = np.divmod(np.arange(rows * columns), columns)
    y = np.maximum(y * walk.stride[0] - walk.pad[0], 0)
    x = np.maximum(x * walk.stride[1] - walk.pad[1], 0)
    first_read = (y * image[2] + x) * image[3]
    still_needed = np.minimum.accumulate(first_read[::-1])[::-1][together::together]
    written = np.arange(1, len(still_needed) + 1) * together * depth
    return max(0, int(np.max(written - still_needed, initial=0)))


def blocks(channels: int) -> int:
    return -(-channels // packing.CHANNELS)


def settled(op: Op, low: int, high: int):
    """Weights [channels, taps], bias, multipliers and shifts, as the packing takes them."""

    def make():
        bias, mantissas, shifts = (array.data for array in channel_arrays(op))
        zero = op.output.zero
        return packing.settle(weights_by_channel(op), bias, mantissas, shifts, low - zero, high - zero)

    return once_for(op, "settled", make)


@kernel("CONV_2D", "nn_conv_2d_packed")
def conv_2d_packed(op: Op, options: Options) -> Lowered | None:
    image, weights, output = op.inputs[0], op.inputs[1], op.output
    if image.shape[0] != 1 or weights.shape[3] != image.shape[3]:
        return None
    walk = window(op, weights.shape[1:3], image, output)
    row = walk.kernel[1] * image.shape[3]
    low, high = fixed_point.activation_range(op.options["activation"], output)

    def pack():
        filters, *channels = settled(op, low, high)
        rows = filters.reshape(output.shape[3], walk.kernel[0], row)
        return packing.pack(rows, *channels, one_sided=output.zero == -128)

    words = once_for(op, "packed", pack)
    pairs = walk.kernel[0] * len(packing.pair_order(row))
    if words is None or pairs >= 1 << 16:
        return None
    return lowered_conv(
        op, walk, pairs, "nn_conv_2d_packed", Array("packed", words, packed_comment(pairs)),
        headers=("nn/packed.h",),
        reason="two channels a word, two pixels by four channels a loop",
        cycles=conv_cycles(output.shape, pairs),
    )  # fmt: skip


def lowered_conv(op: Op, walk: Window, pairs: int, function: str, packed: Array, **more) -> Lowered:
    """A call of a kernel that takes an nn_packed_conv, whatever the width of its activations and weights; `pairs` of
    taps a pixel, `more` of what a Lowered has."""
    image, output = op.inputs[0], op.output
    low, high = fixed_point.activation_range(op.options["activation"], output)
    item = np.dtype(output.dtype).itemsize
    return Lowered(
        calls=[function + "(&{name}, {0}, {out}, {scratch})"],
        arrays=[packed],
        struct=Struct(
            "nn_packed_conv",
            conv_struct(walk, image.shape[1:], output.shape[1:], pairs, (image.zero, output.zero, low, high)),
            CONV_BYTES,
        ),
        scratch=8 * pairs + item * walk.kernel[1] * image.shape[3],
        overlap={0: item * conv_overlap(op, walk)},
        parameters=parameters(op),
        **more,
    )


def conv_cycles(output: tuple, pairs: int) -> float:
    """`output` is batch, height, width, channels."""
    pixels = -(-output[1] * output[2] // 2)
    return pixels * (blocks(output[3]) * (15 * pairs + 95) + 150 + 5 * pairs)


def conv_struct(walk: Window, image: tuple, output: tuple, pairs: int, limits: tuple) -> tuple[tuple[str, str], ...]:
    """The rows of an nn_packed_conv. `image` and `output` are height, width, channels; `limits` the zero points of
    both, the smallest and the largest output."""
    return (
        (f"{braces(image)}, {braces(output)}", "input and output: height, width, channels"),
        (f"{pair(walk.kernel)}, {pair(walk.stride)}, {pair(walk.dilation)}", "kernel, stride, dilation"),
        (f"{pair(walk.pad)}, {pairs}", "padding top and left, pairs of taps a pixel"),
        (pair(limits), "zero points, smallest and largest output"),
        ("{name}_packed", ""),
    )


def packed_comment(pairs: int) -> str:
    return f"four channels: 4 biases, {pairs} pairs of taps, 2 x (2 multipliers, shifts); see packed.h"


def by_planes(walk: Window) -> bool:
    """Whether the 3x3 kernel takes the window."""
    plain = walk.kernel == (3, 3) and walk.dilation == (1, 1) and walk.stride in ((1, 1), (2, 2))
    return plain and max(walk.pad) <= 1


@kernel("DEPTHWISE_CONV_2D", "nn_depthwise_3x3_packed")
def depthwise_3x3_packed(op: Op, options: Options) -> Lowered | None:
    image, weights, output = op.inputs[0], op.inputs[1], op.output
    walk = window(op, weights.shape[1:3], image, output)
    fits = image.shape[0] == 1 and image.shape[3] == output.shape[3] and output.shape[3] % packing.CHANNELS == 0
    if not fits or not by_planes(walk) or output.zero != -128:
        return None
    turned = output.shape[1] > output.shape[2]
    low, high = fixed_point.activation_range(op.options["activation"], output)

    def pack():
        filters, *channels = settled(op, low, high)
        return packing.pack_depthwise_3x3(filters.T.reshape(3, 3, -1), *channels, turned=turned)

    words = once_for(op, f"3x3 {turned}", pack)
    if words is None:
        return None
    numbers = packing.depthwise_3x3(layer_shape(op, walk, low, high), turned)
    return Lowered(
        calls=["nn_depthwise_3x3_packed(&{name}, {0}, {out}, {scratch})"],
        arrays=[Array("packed", words, WORDS_3X3)],
        struct=Struct("nn_packed_depthwise", planes_struct(numbers), DEPTHWISE_BYTES),
        headers=("nn/packed.h",),
        reason="3x3, channels taken apart, four outputs a loop" + (" along the height" if turned else ""),
        cycles=depthwise_cycles(numbers),
        scratch=packing.depthwise_scratch(numbers["pairs"]),
        overlap={0: None} if packing.depthwise_in_place(numbers) else {},
        parameters=parameters(op),
    )


WORDS_3X3 = "a channel: 3 rows of weights with the shift, bias twice, multiplier"


def planes_struct(numbers: dict) -> tuple[tuple[str, str], ...]:
    """The rows of an nn_packed_depthwise."""
    values = list(map(str, numbers.values()))
    return (
        (", ".join(values[:5]), "input rows, columns; output rows, columns; channels"),
        (", ".join(values[5:9]), "stride, padding before rows and columns, pairs of columns"),
        (", ".join(values[9:13]), "zero points, smallest and largest output"),
        (", ".join(values[13:]), "bytes from row to row, column to column: input, output"),
        ("{name}_packed", ""),
    )


def depthwise_cycles(numbers: dict) -> float:
    """A turn of four outputs 72 cycles, a half turn 50, a row 30, a channel of a strip 60; two pixels apart 20."""
    strip = 6 if numbers["stride"] == 1 else 3
    turns, rest = divmod(numbers["out_columns"], 4)
    row = turns * 72 + (0, 50, 50, 80)[rest] + 30
    channel = numbers["out_rows"] * row + -(-numbers["out_rows"] // strip) * 60
    apart = (numbers["in_rows"] + 2) * (numbers["pairs"] * 20 + 80)
    return numbers["channels"] * channel + numbers["channels"] / 4 * apart


@kernel("DEPTHWISE_CONV_2D", "nn_depthwise_packed")
def depthwise_packed(op: Op, options: Options) -> Lowered | None:
    image, weights, output = op.inputs[0], op.inputs[1], op.output
    if image.shape[0] != 1 or image.shape[3] != output.shape[3] or output.shape[3] % packing.CHANNELS:
        return None
    walk = window(op, weights.shape[1:3], image, output)
    low, high = fixed_point.activation_range(op.options["activation"], output)

    def pack():
        filters, *channels = settled(op, low, high)
        return packing.pack_taps(filters.T.reshape(*walk.kernel, -1), *channels)

    words = once_for(op, "taps", pack)
    if words is None:
        return None
    taps = walk.kernel[0] * walk.kernel[1]
    return Lowered(
        calls=["nn_depthwise_packed(&{name}, {0}, {out})"],
        arrays=[Array("packed", words, f"four channels: 4 biases, {taps} taps, 4 multipliers, shifts; see packed.h")],
        struct=Struct("nn_packed_taps", taps_struct(packing.taps(layer_shape(op, walk, low, high))), TAPS_BYTES),
        headers=("nn/packed.h",),
        reason="four channels a word, one tap at a time",
        cycles=output.elements / 4 * (taps * 12 + min(walk.kernel) * 18 + 75),
        overlap={0: conv_overlap(op, walk, together=1)},
        parameters=parameters(op),
    )


def taps_struct(numbers: dict) -> tuple[tuple[str, str], ...]:
    """The rows of an nn_packed_taps."""
    values = list(map(str, numbers.values()))
    return (
        (", ".join(values[:3]), "output height, width, channels"),
        (", ".join(values[3:8]), "stride, padding top and left; 1: the window's longer side is its height"),
        (", ".join(values[8:10]), "input along that side and across"),
        (", ".join(values[10:14]), "taps along and across, dilation along and across"),
        (", ".join(values[14:18]), "zero points, smallest and largest output"),
        (", ".join(values[18:]), "bytes from one input to the next along and across"),
        ("{name}_packed", ""),
    )


def layer_shape(op: Op, walk: Window, low: int, high: int) -> dict:
    """The layer's numbers under the names that packing.py uses."""
    image, output = op.inputs[0], op.output
    sides = ("in_h", "in_w", "in_c", "out_h", "out_w", "out_c")
    shape = dict(zip(sides, (*image.shape[1:], *output.shape[1:]), strict=True))
    for name, (height, width) in (("kernel", walk.kernel), ("stride", walk.stride), ("dilation", walk.dilation)):
        shape |= {f"{name}_h": height, f"{name}_w": width}
    shape |= {"pad_top": walk.pad[0], "pad_left": walk.pad[1], "min": low, "max": high}
    return shape | {"input_zero": image.zero, "output_zero": output.zero}
