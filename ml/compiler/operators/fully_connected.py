"""FULLY_CONNECTED: int8, one weight scale for the matrix or one per output."""

from __future__ import annotations

import numpy as np

from ml.compiler import fixed_point
from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Array, Lowered, Options, Struct, family, kernel
from ml.compiler.operators.convolution import NN_CONV_BYTES, braces, folded_bias, largest_sums

PARAMS_BYTES = 28  # sizeof(nn_fully_connected_params) on a 32-bit processor


def macs(op: Op) -> int:
    return op.output.elements * op.inputs[1].shape[1]


@family(
    "FULLY_CONNECTED",
    limits="weights (int8 or int4) and bias constant; with or without bias; per tensor or per channel",
    macs=macs,
)
def check(op: Op) -> None:
    check_matrix(op)


def check_matrix(op: Op, *, activations: str = "int8", biases=("int32",)) -> None:
    """What the operator asks for, on either type of activations."""
    checks.arity(op, 2, 3)
    given, weights, output = op.inputs[0], op.inputs[1], op.output
    checks.quantised(given, (activations,))
    checks.quantised(output, (activations,))
    checks.constant(weights)
    checks.dtypes(weights, ("int8",))
    checks.rank(weights, 2)
    checks.sized(weights)
    checks.require(op.options["weights_format"] == 0, "its weights are shuffled for another processor", weights)
    outputs, inputs = weights.shape
    checks.require(len(weights.scales) in (1, outputs), f"it has {len(weights.scales)} scales", weights)
    checks.require(len(weights.scales) == 1 or weights.axis == 0, "its scales are along its inputs", weights)
    checks.require(not np.any(weights.zeros), "its zero point is not 0", weights)
    checks.require(given.elements % inputs == 0, f"its {given.elements} values are no multiple of {inputs}", given)
    batches = given.elements // inputs
    checks.require(
        output.elements == batches * outputs, f"its {output.elements} values, not {batches * outputs}", output
    )
    checks.require(batches <= checks.MAX_SIDE, f"it has {batches} rows, more than {checks.MAX_SIDE}", given)
    if len(op.inputs) == 3 and op.inputs[2] is not None:
        checks.constant(op.inputs[2])
        checks.dtypes(op.inputs[2], biases)
        checks.require(op.inputs[2].elements == outputs, f"it has {op.inputs[2].elements} values", op.inputs[2])


def bias_of(op: Op) -> np.ndarray:
    """int32 [outputs], input zero folded in."""
    given, weights = op.inputs[0], op.inputs[1]
    bias = op.inputs[2] if len(op.inputs) == 3 else None
    return folded_bias(weights.values, bias, given.zero, weights.shape[0], weights)


def tensor_multiplier(op: Op) -> tuple[int, int]:
    """The one multiplier of a matrix with one scale; the product is taken in double precision, as in TFLM."""
    given, weights, output = op.inputs[0], op.inputs[1], op.output
    needed = bool(np.any(largest_sums(weights.values, bias_of(op))))
    return fixed_point.scale_of(float(given.scale) * float(weights.scale) / float(output.scale), needed)


def scales_of(op: Op) -> tuple[np.ndarray, np.ndarray]:
    """int32 multipliers and int8 shifts [outputs], whether the matrix has one scale or one a row."""
    given, weights, output = op.inputs[0], op.inputs[1], op.output
    outputs = weights.shape[0]
    if len(weights.scales) == 1:
        mantissa, shift = tensor_multiplier(op)
        return np.full(outputs, mantissa, np.int32), np.full(outputs, shift, np.int8)
    sums = largest_sums(weights.values, bias_of(op))
    return fixed_point.channel_multipliers(given.scale, weights.scales, output.scale, sums)


@kernel("FULLY_CONNECTED", "nn_fully_connected")
def fully_connected(op: Op, options: Options) -> Lowered | None:
    weights, output = op.inputs[1], op.output
    if len(weights.scales) > 1:
        return None
    outputs, inputs = weights.shape
    low, high = fixed_point.activation_range(op.options["activation"], output)
    mantissa, shift = tensor_multiplier(op)
    rows = (
        (f"{output.elements // outputs}, {inputs}, {outputs}", "batches, inputs, outputs"),
        (f"{output.zero}, {low}, {high}", "zero point of the output, smallest and largest output"),
        (f"{shift}, {mantissa}", "shift, multiplier"),
        ("{name}_weights, {name}_bias", ""),
    )
    return Lowered(
        calls=["nn_fully_connected(&{name}, {0}, {out})"],
        arrays=[Array("weights", weights.values), Array("bias", bias_of(op), "input zero folded in")],
        struct=Struct("nn_fully_connected_params", rows, PARAMS_BYTES),
        headers=("nn/fully_connected.h",),
        parameters=sum(t.size for t in op.inputs[1:] if t is not None),
    )


@kernel("FULLY_CONNECTED", "nn_conv_2d")
def per_channel(op: Op, options: Options) -> Lowered | None:
    """One scale per output: a 1x1 convolution over an image that is as wide as there are rows."""
    given, weights, output = op.inputs[0], op.inputs[1], op.output
    if len(weights.scales) == 1:
        return None
    outputs, inputs = weights.shape
    width = output.elements // outputs
    low, high = fixed_point.activation_range(op.options["activation"], output)
    mantissas, shifts = scales_of(op)
    rows = (
        (f"{braces((1, width, inputs))}, {braces((1, width, outputs))}", "rows, inputs and outputs as an image"),
        ("1, 1, 1, 1, 1, 1", "kernel, stride, dilation"),
        ("0, 0, 1", "padding top and left, batches"),
        (f"{given.zero}, {output.zero}, {low}, {high}", "zero points of input and output, smallest and largest output"),
        ("{name}_weights, {name}_bias, {name}_multiplier, {name}_shift", ""),
    )
    bias = Array("bias", bias_of(op), "input zero folded in")
    return Lowered(
        calls=["nn_conv_2d(&{name}, {0}, {out})"],
        arrays=[Array("weights", weights.values), bias, Array("multiplier", mantissas), Array("shift", shifts)],
        struct=Struct("nn_conv", rows, NN_CONV_BYTES),
        headers=("nn/conv.h",),
        reason="one scale per output: the reference 1x1 convolution",
        parameters=sum(t.size for t in op.inputs[1:] if t is not None),
    )
