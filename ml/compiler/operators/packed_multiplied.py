"""Offers for DEPTHWISE_CONV_2D with several output channels per input channel; they use the packed kernels for one."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ml.compiler import fixed_point, packing
from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Array, Declined, Lowered, Options, Struct, kernel
from ml.compiler.operators.convolution import parameters, window
from ml.compiler.operators.packed import (
    CONV_BYTES,
    DEPTHWISE_BYTES,
    WORDS_3X3,
    by_planes,
    conv_2d_packed,
    conv_cycles,
    conv_struct,
    depthwise_cycles,
    layer_shape,
    packed_comment,
    planes_struct,
    settled,
)

SPREAD, COLLECT = 12, 8  # cycles to put together four bytes of an image, one byte
CALL = 100  # cycles a pixel of a convolution over few channels: what its many small calls cost


@kernel("DEPTHWISE_CONV_2D", "nn_conv_2d_packed")
def one_channel(op: Op, options: Options) -> Lowered | Declined | None:
    """Of a single channel it is a convolution."""
    weights = op.inputs[1]
    if op.inputs[0].shape[3] != 1:
        return None
    data = np.ascontiguousarray(weights.values.transpose(3, 1, 2, 0))
    filters = replace(weights, shape=data.shape, data=data, axis=0)
    lowered = conv_2d_packed(replace(op, kind="CONV_2D", inputs=[op.inputs[0], filters, *op.inputs[2:]]), options)
    if isinstance(lowered, Lowered):
        lowered.reason = "one input channel, so a convolution: " + lowered.reason
    return lowered


def _multiplier(op: Op) -> int:
    """Output channels of each input channel; 1 where the other kernels run it."""
    image, output = op.inputs[0], op.output
    return output.shape[3] // image.shape[3] if image.shape[0] == 1 else 1


@kernel("DEPTHWISE_CONV_2D", "nn_depthwise_multiplied_3x3_packed")
def multiplied_3x3(op: Op, options: Options) -> Lowered | None:
    image, weights, output = op.inputs[0], op.inputs[1], op.output
    walk, channels = window(op, weights.shape[1:3], image, output), output.shape[3]
    if _multiplier(op) == 1 or channels % packing.CHANNELS or not by_planes(walk) or output.zero != -128:
        return None
    turned = output.shape[1] > output.shape[2]
    low, high = fixed_point.activation_range(op.options["activation"], output)
    filters, *scales = settled(op, low, high)
    words = packing.pack_depthwise_3x3(filters.T.reshape(3, 3, -1), *scales, turned=turned)
    if words is None:
        return None
    numbers = packing.depthwise_3x3(layer_shape(op, walk, low, high), turned)
    made = {name: numbers[name] for name in ("out_row_step", "out_column_step")}
    spread = packing.depthwise_3x3(layer_shape(op, walk, low, high) | {"out_c": packing.CHANNELS}, turned)
    (first, meaning), *middle, last = planes_struct(spread | made)
    rows = (
        ("{" + first, meaning),
        *middle,
        (last[0] + "}", ""),
        (f"{image.shape[3]}, {_multiplier(op)}", "channels, multiplier"),
    )
    pixels = image.shape[1] * image.shape[2]
    return Lowered(
        calls=["nn_depthwise_multiplied_3x3_packed(&{name}, {0}, {out}, {scratch})"],
        arrays=[Array("packed", words, WORDS_3X3)],
        struct=Struct("nn_packed_multiplied_3x3", rows, DEPTHWISE_BYTES + 4),
        headers=("nn/packed.h",),
        reason="3x3, the inputs of four channels side by side, four outputs a loop",
        cycles=channels // packing.CHANNELS * (depthwise_cycles(spread) + pixels * SPREAD),
        scratch=4 * pixels + packing.depthwise_scratch(spread["pairs"]),
        parameters=parameters(op),
    )


@kernel("DEPTHWISE_CONV_2D", "nn_depthwise_multiplied_packed")
def multiplied(op: Op, options: Options) -> Lowered | None:
    """With as many input channels at a time as make it quickest: few filters leave a block of four half empty."""
    channels = op.inputs[0].shape[3]
    if _multiplier(op) == 1:
        return None
    offers = [_grouped(op, group) for group in (1, 2, 4) if channels % group == 0]
    return min((offer for offer in offers if offer), key=lambda offer: offer.cycles, default=None)


def _grouped(op: Op, group: int) -> Lowered | None:
    image, weights, output = op.inputs[0], op.inputs[1], op.output
    multiplier, channels = _multiplier(op), image.shape[3]
    walk, made = window(op, weights.shape[1:3], image, output), group * multiplier
    low, high = fixed_point.activation_range(op.options["activation"], output)
    filters, *scales = settled(op, low, high)
    pairs = walk.kernel[0] * len(packing.pair_order(walk.kernel[1] * group))
    words = pack_groups(filters.reshape(-1, *walk.kernel), scales, group, multiplier, one_sided=output.zero == -128)
    if words is None or max(pairs, words.shape[1]) >= 1 << 16:
        return None
    read = [(output.shape[1 + i] - 1) * walk.stride[i] + (walk.kernel[i] - 1) * walk.dilation[i] + 1 for i in (0, 1)]
    if max(read) > checks.MAX_SIDE or any(pad > side for pad, side in zip(walk.pad, read, strict=True)):
        return None
    sides = ((*read, group), (*output.shape[1:3], made))
    (first, meaning), *middle, last = conv_struct(
        replace(walk, pad=(0, 0)), *sides, pairs, (op.inputs[0].zero, output.zero, low, high)
    )
    more = (
        (f"{image.shape[1]}, {image.shape[2]}, {channels}", "input: height, width, channels"),
        (f"{walk.pad[0]}, {walk.pad[1]}, {words.shape[1]}", "padding top and left, words of each group"),
    )
    pixels, given = math.prod(output.shape[1:3]), math.prod(read) * group
    which = "each input channel" if group == 1 else f"each {group} input channels"
    return Lowered(
        calls=["nn_depthwise_multiplied_packed(&{name}, {0}, {out}, {scratch})"],
        arrays=[Array("packed", words.ravel(), packed_comment(pairs))],
        struct=Struct(
            "nn_packed_multiplied", (("{" + first, meaning), *middle, (last[0] + "}", ""), *more), CONV_BYTES + 12
        ),
        headers=("nn/packed.h",),
        reason=f"{which} a convolution: two channels a word, two pixels by four channels a loop",
        cycles=channels // group * (conv_cycles((1, *sides[1]), pairs) + pixels * CALL + given * COLLECT),
        scratch=-(-given // 4) * 4 + 8 * pairs + walk.kernel[1] * group,
        parameters=parameters(op),
    )


def pack_groups(filters: np.ndarray, scales, group: int, multiplier: int, *, one_sided: bool) -> np.ndarray | None:
    """int32 words [groups, words]: `filters` [output channel, height, width] as those of convolutions over `group`
    channels, with weights of 0 between an output and the inputs of others; None where packing is not exact."""
    size, packed = group * multiplier, []
    for first in range(0, len(filters), size):
        part = slice(first, first + size)
        spread = np.zeros((*filters[part].shape, group), filters.dtype)
        for output in range(size):
            spread[output, :, :, output // multiplier] = filters[first + output]
        rows = spread.reshape(size, filters.shape[1], -1)
        packed.append(packing.pack(rows, *(scale[part] for scale in scales), one_sided=one_sided))
    return None if any(words is None for words in packed) else np.stack(packed)
