"""Offers of the packed kernels for FULLY_CONNECTED: one row as a matrix times a vector, several as a convolution."""

from __future__ import annotations

from dataclasses import replace

from ml.compiler import fixed_point, packing
from ml.compiler.graph import Op
from ml.compiler.operators.base import Array, Declined, Lowered, Options, Struct, kernel
from ml.compiler.operators.fully_connected import bias_of, scales_of
from ml.compiler.operators.packed import blocks, conv_2d_packed, packed_comment

MATRIX_BYTES = 20  # sizeof(nn_packed_matrix) on a 32-bit processor
ONE_PIXEL = {
    "padding": 1, "stride_height": 1, "stride_width": 1, "dilation_height": 1, "dilation_width": 1,
}  # fmt: skip


@kernel("FULLY_CONNECTED", "nn_fully_connected_packed")
def fully_connected_packed(op: Op, options: Options) -> Lowered | None:
    weights, output = op.inputs[1], op.output
    outputs, inputs = weights.shape
    if inputs % 4 or output.elements != outputs:
        return None
    low, high = fixed_point.activation_range(op.options["activation"], output)
    shared = len(weights.scales) == 1
    matrix = (weights.values, bias_of(op), *scales_of(op))
    if not shared:
        matrix = packing.settle(*matrix, low - output.zero, high - output.zero)
    rows, bias, mantissas, shifts = matrix
    words = packing.pack(rows[:, None, :], bias, mantissas, shifts, one_sided=False, scales=not shared)
    if words is None or (shared and mantissas[0] == 0):
        return None
    scale = (-int(shifts[0]), int(mantissas[0])) if shared else (0, 0)
    comment = f"four channels: 4 biases, {inputs // 2} pairs of taps; see packed.h"
    return Lowered(
        calls=["nn_fully_connected_packed(&{name}, {0}, {out})"],
        arrays=[Array("packed", words, comment if shared else packed_comment(inputs // 2))],
        struct=Struct(
            "nn_packed_matrix",
            (
                (f"{inputs}, {outputs}", "inputs, outputs"),
                (f"{output.zero}, {low}, {high}", "zero point of the output, smallest and largest output"),
                (f"{scale[0]}, {scale[1]}", "shift to the right, multiplier" + ("" if shared else ": one an output")),
                ("{name}_packed", ""),
            ),
            MATRIX_BYTES,
        ),
        headers=("nn/packed.h",),
        reason="two channels a word, four outputs a loop",
        cycles=blocks(outputs) * (inputs // 4 * 20 + 70) + 100,
        parameters=sum(t.size for t in op.inputs[1:] if t is not None),
    )


def as_convolution(op: Op) -> Op:
    """The same matrix product as a 1x1 convolution over an image of one row, as wide as there are rows of inputs."""
    given, weights, output = op.inputs[0], op.inputs[1], op.output
    outputs, inputs = weights.shape
    width = output.elements // outputs
    filters = replace(weights, shape=(outputs, 1, 1, inputs), data=weights.values.reshape(outputs, 1, 1, inputs))
    return replace(
        op,
        kind="CONV_2D",
        inputs=[replace(given, shape=(1, 1, width, inputs)), filters, *op.inputs[2:]],
        outputs=[replace(output, shape=(1, 1, width, outputs))],
        options=op.options | ONE_PIXEL,
    )


@kernel("FULLY_CONNECTED", "nn_conv_2d_packed")
def rows_packed(op: Op, options: Options) -> Lowered | Declined | None:
    lowered = conv_2d_packed(as_convolution(op), options)
    if isinstance(lowered, Lowered):
        lowered.reason = "rows as pixels: two channels a word, two rows by four channels a loop"
    return lowered
