"""Offers for the plain cases of ADD and AVERAGE_POOL_2D: equal shapes, one window over the whole image."""

from __future__ import annotations

from ml.compiler import fixed_point
from ml.compiler.graph import Op
from ml.compiler.operators.base import Lowered, Options, Struct, kernel
from ml.compiler.operators.elementwise import LEFT_SHIFT, steps_back, sum_multipliers
from ml.compiler.operators.pooling import lower_pool

ADD_BYTES = 28  # sizeof(nn_add_equal_params)

HALF = (1 << 30, 0)  # the multiplier of the input with the larger scale: it is brought to twice that scale


@kernel("ADD", "nn_add_equal")
def add(op: Op, options: Options) -> Lowered | None:
    a, b, output = op.inputs[0], op.inputs[1], op.output
    whole = fixed_point.activation_range(op.options["activation"], output) == (-128, 127)
    if not (a.shape == b.shape == output.shape and whole) or output.elements % 4:
        return None
    multipliers = sum_multipliers(op, LEFT_SHIFT)
    large = 0 if multipliers[0] == HALF else 1
    mantissa, shift = multipliers[1 - large]
    out_mantissa, out_shift = multipliers[2]
    if multipliers[large] != HALF or shift < -30 or not -22 <= out_shift <= -1 or mantissa == 0 or out_mantissa == 0:
        return None
    # a shift of 0 becomes one of 1, one bit further up: the kernel's rounding is for 1 and more
    up = LEFT_SHIFT + 1 if shift < 0 else LEFT_SHIFT + 2
    rows = (
        (f"{output.elements}", "values"),
        (f"{op.inputs[large].zero}, {op.inputs[1 - large].zero}, {output.zero}", "zero points: larger, smaller scale"),
        (f"{max(-shift, 1)}, {-out_shift}", "shifts to the right: smaller scale, output"),
        (f"{1 << up}, {mantissa}, {out_mantissa}", "factor and multiplier of the smaller scale, output's multiplier"),
    )
    return Lowered(
        calls=["nn_add_equal(&{name}, {" + str(large) + "}, {" + str(1 - large) + "}, {out})"],
        struct=Struct("nn_add_equal_params", rows, ADD_BYTES),
        headers=("nn/elementwise.h",),
        reason="equal shapes: four values a loop",
        cycles=18 * output.elements,
        overlap=steps_back(op),
    )


@kernel("AVERAGE_POOL_2D", "nn_average_pool_all")
def average_pool_all(op: Op, options: Options) -> Lowered | None:
    image, output = op.inputs[0], op.output
    if output.shape[1:3] != (1, 1) or image.shape[1] * image.shape[2] > 65535:
        return None
    if (op.options["kernel_height"], op.options["kernel_width"]) != image.shape[1:3]:
        return None
    lowered = lower_pool(op, "nn_average_pool_all")
    lowered.reason = "one window over the whole image: four channels a loop"
    lowered.cycles = image.elements * 4
    return lowered
