"""Offers on weights of four bits (lib/nn/src/dsp/dot_int4.c): convolution and fully connected, int8 activations.

An offer is made where every weight is -8..7, whether the file packs them or holds them as int8: the integers and scales
are the same, and so are the bytes that come out. Where it cannot be exact, the reason says so.
"""

from __future__ import annotations

import numpy as np

from ml.compiler import fixed_point, packing, packing_int4
from ml.compiler.graph import Op
from ml.compiler.operators.base import Array, Declined, Lowered, Options, Struct, kernel
from ml.compiler.operators.convolution import once_for, window
from ml.compiler.operators.fully_connected import bias_of, scales_of
from ml.compiler.operators.packed import lowered_conv, settled
from ml.compiler.operators.packed_dense import as_convolution

MATRIX_BYTES = 20  # sizeof(nn_matrix_int4) on a 32-bit processor
REASON = "4-bit weights, four channels a word, "


@kernel("CONV_2D", "nn_conv_2d_int4_packed")
def conv_2d(op: Op, options: Options) -> Lowered | Declined | None:
    image, weights, output = op.inputs[0], op.inputs[1], op.output
    if image.shape[0] != 1 or weights.shape[3] != image.shape[3]:
        return None
    walk = window(op, weights.shape[1:3], image, output)
    row = walk.kernel[1] * image.shape[3]
    low, high = fixed_point.activation_range(op.options["activation"], output)
    pairs = walk.kernel[0] * len(packing.pair_order(row))

    def pack() -> np.ndarray | str | None:
        """The words; or why there are none."""
        filters, *channels = settled(op, low, high)
        if not packing_int4.fit(filters):
            return None
        rows = filters.reshape(output.shape[3], walk.kernel[0], row)
        return packing_int4.fault(rows, *channels) or packing_int4.pack(rows, *channels)

    words = once_for(op, "packed in 4 bits", pack)
    if words is None or pairs >= 1 << 16:
        return None
    if isinstance(words, str):
        return Declined(f"not in 4 bits: {words}")
    about = f"four channels: 4 biases, {pairs} pairs of taps, shifts, 4 multipliers"
    return lowered_conv(
        op, walk, pairs, "nn_conv_2d_int4_packed", Array("packed", words, about),
        headers=("nn/packed_int4.h",),
        reason=REASON + "two pixels by four channels a loop",
        bits=4,
    )  # fmt: skip


@kernel("FULLY_CONNECTED", "nn_fully_connected_int4_packed")
def fully_connected(op: Op, options: Options) -> Lowered | Declined | None:
    """One row of inputs."""
    weights, output = op.inputs[1], op.output
    outputs, inputs = weights.shape
    if inputs % 4 or output.elements != outputs or not packing_int4.fit(weights.values):
        return None
    mantissas, shifts = scales_of(op)
    channels = (bias_of(op), mantissas, shifts)
    shared = len(weights.scales) == 1
    smallest = packing_int4.SMALLEST_SHARED_SHIFT if shared else 1
    if fault := packing_int4.fault(weights.values[:, None, :], *channels, smallest_shift=smallest):
        return Declined(f"not in 4 bits: {fault}")
    low, high = fixed_point.activation_range(op.options["activation"], output)
    words = packing_int4.pack(weights.values[:, None, :], *channels, scales=not shared)
    about = f"four channels: 4 biases, {inputs // 2} pairs of taps" + ("" if shared else ", shifts, 4 multipliers")
    arrays = [Array("packed", words, about)]
    if shared:
        arrays.append(Array("scales", packing_int4.shared_scales(mantissas[0], shifts[0]), "shifts, multipliers"))
    return Lowered(
        calls=["nn_fully_connected_int4_packed(&{name}, {0}, {out})"],
        arrays=arrays,
        struct=Struct(
            "nn_matrix_int4",
            (
                (f"{inputs}, {outputs}", "inputs, outputs"),
                (f"{output.zero}, {low}, {high}", "zero point of the output, smallest and largest output"),
                ("{name}_scales" if shared else "NULL", "one scale for all outputs" if shared else "scales by output"),
                ("{name}_packed", ""),
            ),
            MATRIX_BYTES,
        ),
        headers=("nn/packed_int4.h",),
        reason=REASON + "four outputs a loop",
        parameters=sum(t.size for t in op.inputs[1:] if t is not None),
        bits=4,
    )


@kernel("FULLY_CONNECTED", "nn_conv_2d_int4_packed")
def rows_fully_connected(op: Op, options: Options) -> Lowered | Declined | None:
    lowered = conv_2d(as_convolution(op), options)
    if isinstance(lowered, Lowered):
        lowered.reason = REASON + "two rows by four channels a loop"
    return lowered
