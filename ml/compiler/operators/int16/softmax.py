"""SOFTMAX on int16: exponentials and the reciprocal of their sum lie on straight lines between 513 points."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ml.compiler import fixed_point
from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Array, Lowered, Options, Struct, family, kernel

PARAMS_BYTES = 20  # sizeof(nn_softmax_int16_params) on a 32-bit processor
POINTS = 513
OUTPUT_SCALE = 1 / 32768
STEP = 10.0 / 65535.0  # of the differences that the table of exponentials begins with: -10 is nothing
LARGEST_DEPTH = 32768  # the sum of as many exponentials of at most 32767 leaves a bit free


@family("SOFTMAX int16", types="int16", limits="over the last axis; output scale 1/32768")
def check(op: Op) -> None:
    checks.arity(op, 1)
    given, output = op.inputs[0], op.output
    checks.quantised(given, ("int16",))
    checks.quantised(output, ("int16",))
    checks.shape(output, given.shape)
    checks.require(len(given.shape) > 0, "it has no axis", given)
    checks.require(abs(float(output.scale) - OUTPUT_SCALE) <= 0.001 * OUTPUT_SCALE, "its scale is not 1/32768", output)
    checks.require(op.options["beta"] > 0, "beta is not above 0", output)
    checks.require(given.shape[-1] <= LARGEST_DEPTH, f"it has more than {LARGEST_DEPTH} values", given)
    _, shift = _multiplier(op)
    checks.require(shift <= 15, "its scale times beta is too large", given)


def points(function: Callable[[float], float], low: float, high: float) -> np.ndarray:
    """int16 [513] of a function with values in -1..1, each moved by half of what a straight line to the next point
    would miss in the middle. Arithmetic in single precision, as TFLM's."""
    single = np.float32
    step = (single(high) - single(low)) / single(POINTS - 1)
    scale = single(32768)

    def at(i: float) -> np.float32:
        return single(function(float(single(low) + single(i) * step)))

    def half_step(i: int) -> np.float32:
        return single(function(float(single(low) + single(i) * step + step / single(2))))

    values = []
    for i in range(POINTS - 1):
        here = _round(at(i) * scale)
        line = _round((at(i + 1) * scale + here) / single(2))
        missed = line - _round(half_step(i) * scale)
        values.append(here - _round(missed / single(2)))
    values.append(_round(single(function(high)) * scale))
    return np.clip(values, -32768, 32767).astype(np.int16)


def _round(x: np.float32) -> np.float32:
    """Half away from zero."""
    return np.float32(math.copysign(math.floor(abs(float(x)) + 0.5), float(x)))


def _multiplier(op: Op) -> tuple[int, int]:
    """From the input's steps to the table's."""
    return fixed_point.multiplier(float(op.inputs[0].scale) * float(op.options["beta"]) / STEP)


@kernel("SOFTMAX int16", "nn_softmax_int16")
def softmax(op: Op, options: Options) -> Lowered | None:
    given = op.inputs[0]
    mantissa, shift = _multiplier(op)
    depth = given.shape[-1]
    rows = (
        (f"{given.elements // depth}, {depth}", "rows, depth"),
        (f"{shift}, {mantissa}", "shift, multiplier: to steps of 10 / 65535"),
        ("{name}_exponential, {name}_reciprocal", ""),
    )
    return Lowered(
        calls=["nn_softmax_int16(&{name}, {0}, {out})"],
        arrays=[
            Array("exponential", points(math.exp, -10.0, 0.0), "exp(x) from -10 to 0, Q0.15"),
            Array("reciprocal", points(lambda x: 1 / (1 + x), 0.0, 1.0), "1 / (1 + x) from 0 to 1, Q0.15"),
        ],
        struct=Struct("nn_softmax_int16_params", rows, PARAMS_BYTES),
        headers=("nn/int16.h",),
        overlap={0: 0},
    )
