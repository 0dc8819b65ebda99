"""CONV_2D and DEPTHWISE_CONV_2D on int16 activations with int8 weights."""

from __future__ import annotations

from ml.compiler.graph import Op
from ml.compiler.operators.base import Array, Lowered, Options, Struct, family, kernel
from ml.compiler.operators.convolution import (
    braces,
    check_convolution,
    check_groups,
    check_multiplier,
    conv_macs,
    depthwise_macs,
    pair,
    weights_by_channel,
    window,
)
from ml.compiler.operators.int16.scale import SCALE_BYTES, scale_arrays, scale_row

CONV_BYTES = 36 + SCALE_BYTES  # sizeof(nn_conv_int16) on a 32-bit processor
TYPES = "int16, weights int8"


@family("CONV_2D int16", types=TYPES, limits="as int8; bias int64, int32 or none", macs=conv_macs)
def check_conv(op: Op) -> None:
    check_convolution(op, 0, activations="int16", biases=("int64", "int32"))
    check_groups(op)


@family("DEPTHWISE_CONV_2D int16", types=TYPES, limits="as int8; bias int64 or none", macs=depthwise_macs)
def check_depthwise(op: Op) -> None:
    # TFLM reads an int32 bias as int64 here.
    check_convolution(op, 3, activations="int16", biases=("int64",))
    check_multiplier(op)


def _lower(op: Op, function: str, groups: int) -> Lowered:
    image, weights, output = op.inputs[0], op.inputs[1], op.output
    walk = window(op, weights.shape[1:3], image, output)
    rows = (
        (f"{braces(image.shape[1:])}, {braces(output.shape[1:])}", "input and output: height, width, channels"),
        (f"{pair(walk.kernel)}, {pair(walk.stride)}, {pair(walk.dilation)}", "kernel, stride, dilation"),
        (f"{pair(walk.pad)}, {image.shape[0]}, {groups}", "padding top and left, batches, groups"),
        ("{name}_weights", ""),
        scale_row(op),
    )
    return Lowered(
        calls=[function + "(&{name}, {0}, {out})"],
        arrays=[
            Array("weights", weights.values),
            *scale_arrays(op, weights_by_channel(op)),
        ],
        struct=Struct("nn_conv_int16", rows, CONV_BYTES),
        headers=("nn/int16.h",),
        parameters=sum(t.size for t in op.inputs[1:] if t is not None),
    )


@kernel("CONV_2D int16", "nn_conv_2d_int16")
def conv_2d(op: Op, options: Options) -> Lowered | None:
    groups = op.inputs[0].shape[3] // op.inputs[1].shape[3]
    return _lower(op, "nn_conv_2d_int16", groups)


@kernel("DEPTHWISE_CONV_2D int16", "nn_depthwise_conv_2d_int16")
def depthwise(op: Op, options: Options) -> Lowered | None:
    return _lower(op, "nn_depthwise_conv_2d_int16", 1)
