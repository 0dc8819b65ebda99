"""From a channel's sum to its int16 output: nn_scale_int16, and the questions about it."""

from __future__ import annotations

import numpy as np

from ml.compiler import fixed_point
from ml.compiler.graph import Op, Tensor
from ml.compiler.operators import checks
from ml.compiler.operators.base import Array

SCALE_BYTES = 24  # sizeof(nn_scale_int16) on a 32-bit processor
LARGEST_SUM = 1 << 47  # TFLM's wide multiplication asks for less
SMALLEST_SHIFT = 8  # of it, to the right; TFLM asks for no less


def bias_of(op: Op) -> Tensor | None:
    return op.inputs[2] if len(op.inputs) == 3 else None


def narrow(op: Op) -> bool:
    """TFLM sums in 32 bits where the bias is int32, and in 64 where there is none."""
    bias = bias_of(op)
    return bias is not None and bias.dtype == "int32"


def scale_arrays(op: Op, weights: np.ndarray) -> list[Array]:
    """Bias, multiplier and shift; `weights` is [channels, taps]."""
    given, output = op.inputs[0], op.output
    channels, bias = len(weights), bias_of(op)
    values = np.zeros(channels, np.int64) if bias is None else bias.values.reshape(channels).astype(np.int64)
    scales = op.inputs[1].scales
    mantissas, shifts = fixed_point.channel_multipliers(given.scale, scales, output.scale, np.ones(len(scales)))
    if narrow(op):
        return [Array("bias", values.astype(np.int32)), Array("multiplier", mantissas), Array("shift", shifts)]
    largest = np.abs(weights.astype(np.int64)).sum(axis=1) * 32768 + np.abs(values)
    checks.require(bool(largest.max() < LARGEST_SUM), "its sums leave 48 bits", op.inputs[1])
    right = 15 - shifts.astype(np.int64)
    checks.require(bool(right.min() >= SMALLEST_SHIFT), "its scale is too small for the sums", output)
    # The multiplier's upper 16 bits, rounded, as TFLM reduces it.
    reduced = np.minimum((mantissas.astype(np.int64) + (1 << 15)) >> 16, 32767).astype(np.int32)
    return [Array("bias", values), Array("multiplier", reduced), Array("shift", right.astype(np.int8))]


def scale_row(op: Op) -> tuple[str, str]:
    """The nn_scale_int16 of a struct."""
    low, high = fixed_point.activation_range(op.options["activation"], op.output)
    biases = "NULL, {name}_bias" if narrow(op) else "{name}_bias, NULL"
    per_channel = int(len(op.inputs[1].scales) > 1)
    text = f"{{{biases}, {{name}}_multiplier, {{name}}_shift, {per_channel}, {low}, {high}}}"
    width = "32" if narrow(op) else "64"
    return text, f"sums of {width} bits; per channel, smallest and largest output"
