"""Offers of the packed kernels on int16 activations (lib/nn/src/dsp/*int16*.c).

Sums are of 32 bits where the weights' magnitudes prove that they fit, else of 64. A model whose bias is int32 wraps its
sums and rounds twice: the reference kernels do that.
"""

from __future__ import annotations

import numpy as np

from ml.compiler import fixed_point, packing, packing_int16
from ml.compiler.graph import Op
from ml.compiler.operators.base import Array, Lowered, Options, Struct, kernel
from ml.compiler.operators.convolution import parameters, weights_by_channel, window
from ml.compiler.operators.elementwise import steps_back, sum_multipliers
from ml.compiler.operators.int16.elementwise import LEFT_SHIFT
from ml.compiler.operators.int16.scale import narrow, scale_arrays
from ml.compiler.operators.packed import (
    TAPS_BYTES,
    blocks,
    conv_overlap,
    layer_shape,
    lowered_conv,
    taps_struct,
)
from ml.compiler.operators.packed_dense import as_convolution
from ml.compiler.operators.pooling import lower_pool

ITEM = 2  # bytes of an activation
MATRIX_BYTES, ADD_BYTES = 12, 20  # sizeof on a 32-bit processor
HEADERS = ("nn/packed_int16.h",)


def scales_of(op: Op, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Biases, multipliers of 16 bits and shifts to the right [channels]; `weights` is [channels, taps]."""
    bias, multipliers, right = (array.data for array in scale_arrays(op, weights))
    return bias, np.broadcast_to(multipliers, len(bias)), np.broadcast_to(right, len(bias))


def _convolution(op: Op, wide: bool) -> Lowered | None:
    image, weights, output = op.inputs[0], op.inputs[1], op.output
    if image.shape[0] != 1 or weights.shape[3] != image.shape[3] or narrow(op):
        return None
    filters = weights_by_channel(op)
    bias, multipliers, right = scales_of(op, filters)
    if wide == packing_int16.narrow(filters, bias, right):
        return None
    walk = window(op, weights.shape[1:3], image, output)
    row = walk.kernel[1] * image.shape[3]
    pairs = walk.kernel[0] * packing_int16.pairs(row)
    if pairs >= 1 << 16:
        return None
    rows = filters.reshape(output.shape[3], walk.kernel[0], row)
    words = packing_int16.pack(rows, bias, multipliers, right, wide=wide)
    function = "nn_conv_2d_int16_wide_packed" if wide else "nn_conv_2d_int16_packed"
    about = f"four channels: 4 biases, {pairs} pairs of taps, shifts, 4 multipliers"
    return lowered_conv(
        op, walk, pairs, function, Array("packed", words, about),
        headers=HEADERS,
        reason=f"sums of {64 if wide else 32} bits, two pixels by four channels a loop",
        cycles=wide_cycles(output.shape, pairs),
    )  # fmt: skip


def wide_cycles(output: tuple, pairs: int) -> float:
    """With sums of 64 bits, an estimate; others are in ml/compiler/cycles.py. `output` is batch, height, width,
    channels."""
    two_pixels = -(-output[1] * output[2] // 2)
    return two_pixels * (blocks(output[3]) * (32 * pairs + 250) + 250 + 7 * pairs)


@kernel("CONV_2D int16", "nn_conv_2d_int16_packed")
def conv_2d(op: Op, options: Options) -> Lowered | None:
    return _convolution(op, wide=False)


@kernel("CONV_2D int16", "nn_conv_2d_int16_wide_packed")
def conv_2d_wide(op: Op, options: Options) -> Lowered | None:
    return _convolution(op, wide=True)


@kernel("DEPTHWISE_CONV_2D int16", "nn_depthwise_int16_packed")
def depthwise(op: Op, options: Options) -> Lowered | None:
    image, weights, output = op.inputs[0], op.inputs[1], op.output
    if image.shape[0] != 1 or image.shape[3] != output.shape[3] or output.shape[3] % packing.CHANNELS:
        return None
    filters = weights_by_channel(op)
    bias, multipliers, right = scales_of(op, filters)
    if not packing_int16.narrow(filters, bias, right):
        return None
    walk = window(op, weights.shape[1:3], image, output)
    low, high = fixed_point.activation_range(op.options["activation"], output)
    numbers = packing.taps(layer_shape(op, walk, low, high))
    numbers |= {name: ITEM * step for name, step in numbers.items() if name.endswith("_step")}
    words = packing_int16.pack_taps(filters.T.reshape(*walk.kernel, -1), bias, multipliers, right)
    taps = walk.kernel[0] * walk.kernel[1]
    return Lowered(
        calls=["nn_depthwise_int16_packed(&{name}, {0}, {out})"],
        arrays=[Array("packed", words, f"four channels: 4 biases, {taps} taps, shifts, 4 multipliers")],
        struct=Struct("nn_packed_taps", taps_struct(numbers), TAPS_BYTES),
        headers=HEADERS,
        reason="sums of 32 bits, four channels a loop, one tap at a time",
        overlap={0: ITEM * conv_overlap(op, walk, together=1)},
        parameters=parameters(op),
    )


@kernel("FULLY_CONNECTED int16", "nn_fully_connected_int16_packed")
def fully_connected(op: Op, options: Options) -> Lowered | None:
    """One row of inputs."""
    weights, output = op.inputs[1], op.output
    outputs, inputs = weights.shape
    if inputs % 2 or output.elements != outputs or narrow(op):
        return None
    bias, multipliers, right = scales_of(op, weights.values)
    if not packing_int16.narrow(weights.values, bias, right):
        return None
    low, high = fixed_point.activation_range(op.options["activation"], output)
    words = packing_int16.pack(weights.values[:, None, :], bias, multipliers, right, wide=False)
    return Lowered(
        calls=["nn_fully_connected_int16_packed(&{name}, {0}, {out})"],
        arrays=[Array("packed", words, f"four channels: 4 biases, {inputs // 2} pairs of taps, shifts, 4 multipliers")],
        struct=Struct(
            "nn_matrix_int16",
            (
                (f"{inputs}, {outputs}", "inputs, outputs"),
                (f"{low}, {high}", "smallest and largest output"),
                ("{name}_packed", ""),
            ),
            MATRIX_BYTES,
        ),
        headers=HEADERS,
        reason="sums of 32 bits, four outputs a loop",
        parameters=parameters(op),
    )


@kernel("FULLY_CONNECTED int16", "nn_conv_2d_int16_packed")
def rows(op: Op, options: Options) -> Lowered | None:
    """Rows as the pixels of a 1x1 convolution."""
    return _convolution(as_convolution(op), wide=False)


@kernel("FULLY_CONNECTED int16", "nn_conv_2d_int16_wide_packed")
def rows_wide(op: Op, options: Options) -> Lowered | None:
    return _convolution(as_convolution(op), wide=True)


@kernel("ADD int16", "nn_add_equal_int16")
def add_equal(op: Op, options: Options) -> Lowered | None:
    a, b, output = op.inputs[0], op.inputs[1], op.output
    if not a.elements == b.elements == output.elements:
        return None
    *inputs, (mantissa, shift) = sum_multipliers(op, LEFT_SHIFT)
    large = int(float(b.scale) > float(a.scale))
    small_mantissa, small_shift = inputs[1 - large]
    if shift >= 0 or small_mantissa == 0 or inputs[large] != (1 << 30, 0):
        return None
    low, high = fixed_point.activation_range(op.options["activation"], output)
    return Lowered(
        calls=[f"nn_add_equal_int16(&{{name}}, {{{large}}}, {{{1 - large}}}, {{out}})"],
        struct=Struct(
            "nn_add_equal_int16_params",
            (
                (f"{output.elements}, {-small_shift}, {-shift}", "values, shifts of the smaller scale and of the sum"),
                (f"{low}, {high}", "smallest and largest output"),
                (f"{small_mantissa}, {mantissa}", "multipliers of the smaller scale and of the sum"),
            ),
            ADD_BYTES,
        ),
        headers=HEADERS,
        reason="equal shapes: the larger scale only shifts",
        overlap=steps_back(op),
    )


def _pool(op: Op, function: str) -> Lowered:
    lowered = lower_pool(op, function)
    lowered.headers = HEADERS
    lowered.reason = "four channels a loop"
    return lowered


@kernel("MAX_POOL_2D int16", "nn_max_pool_int16_packed")
def max_pool(op: Op, options: Options) -> Lowered | None:
    return _pool(op, "nn_max_pool_int16_packed")


@kernel("AVERAGE_POOL_2D int16", "nn_average_pool_int16_packed")
def average_pool(op: Op, options: Options) -> Lowered | None:
    return _pool(op, "nn_average_pool_int16_packed")
