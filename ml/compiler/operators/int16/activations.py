"""RELU, RELU6, LEAKY_RELU, LOGISTIC and TANH on int16."""

from __future__ import annotations

import math

from ml.compiler import fixed_point
from ml.compiler.graph import Op, Tensor
from ml.compiler.operators import checks
from ml.compiler.operators.base import Lowered, Options, Struct, family, kernel

RECTIFY_BYTES, CURVE_BYTES = 20, 12  # sizeof(nn_rectify_params), sizeof(nn_curve_params)
IDENTITY = (1 << 30, 1)
LIMITS = fixed_point.LIMITS["int16"]
STEPS = 4096.0 * 3.0  # of a curve, a unit


def check(op: Op) -> None:
    checks.arity(op, 1)
    checks.quantised(op.inputs[0], ("int16",))
    checks.quantised(op.output, ("int16",))
    checks.shape(op.output, op.inputs[0].shape)


def _rectified(op: Op, rising: tuple[int, int], falling: tuple[int, int], bounds: tuple[int, int]) -> Lowered:
    rows = (
        (f"{op.output.elements}, {bounds[0]}, {bounds[1]}", "values, smallest and largest output"),
        (f"{rising[1]}, {falling[1]}", "shifts: from 0 on, below"),
        (f"{rising[0]}, {falling[0]}", "multipliers: from 0 on, below"),
    )
    return Lowered(
        calls=["nn_rectify_int16(&{name}, {0}, {out})"],
        struct=Struct("nn_rectify_params", rows, RECTIFY_BYTES),
        headers=("nn/int16.h",),
        overlap={0: 0},
    )


def _factor(op: Op, alpha: float = 1.0) -> tuple[int, int]:
    return fixed_point.multiplier(float(op.inputs[0].scale) * alpha / float(op.output.scale))


family("RELU int16", types="int16", limits="any scales")(check)
family("LEAKY_RELU int16", types="int16", limits="any scales")(check)


@family("RELU6 int16", types="int16", limits="6 within the input's range; the output's bytes are the input's")
def check_relu6(op: Op) -> None:
    check(op)
    checks.require(_six(op.inputs[0]) <= LIMITS[1], "6 is beyond its range", op.inputs[0])


def _six(given: Tensor) -> int:
    return fixed_point.round_half_away(float(6.0 / given.scale))


@kernel("RELU int16", "nn_rectify_int16")
def relu(op: Op, options: Options) -> Lowered | None:
    return _rectified(op, _factor(op), (0, 0), (0, LIMITS[1]))


@kernel("RELU6 int16", "nn_rectify_int16")
def relu6(op: Op, options: Options) -> Lowered | None:
    """TFLM's does not rescale."""
    return _rectified(op, IDENTITY, (0, 0), (0, _six(op.inputs[0])))


@kernel("LEAKY_RELU int16", "nn_rectify_int16")
def leaky_relu(op: Op, options: Options) -> Lowered | None:
    return _rectified(op, _factor(op), _factor(op, float(op.options["alpha"])), LIMITS)


def power_of_two(scale: float) -> int | None:
    """log2 of a scale that is a power of two to a thousandth of it, as TFLM rounds it; None of others."""
    log2 = math.log(scale) * (1.0 / math.log(2.0))
    whole = fixed_point.round_half_away(log2)
    return whole if abs(log2 - whole) < 1e-3 else None


def curve(given: Tensor, shifts: tuple[int, ...]) -> tuple[int, int]:
    """(multiplier, shift to the right) from an input's steps to those of a curve; `shifts`: to the left, those of
    scales that are powers of two and need no multiplication in TFLM."""
    log2 = power_of_two(float(given.scale))
    if log2 is not None and 12 + log2 in shifts:
        return 3 << (12 + log2), 0
    multiplier, shift = float(given.scale) * STEPS, 0
    while multiplier <= 32767.0 / 2.0 and shift <= 30:
        multiplier, shift = multiplier * 2.0, shift + 1
    return int(multiplier), shift


CURVES = {"LOGISTIC": ("nn_logistic_int16", (0,)), "TANH": ("nn_tanh_curve_int16", (0, 1))}


def _check_curve(op: Op) -> None:
    check(op)
    checks.require(power_of_two(float(op.output.scale)) == -15, "its scale is not 1/32768", op.output)
    multiplier, _ = curve(op.inputs[0], CURVES[op.kind][1])
    checks.require(0 < multiplier <= 32767, "its scale is not 2^-44..2.6", op.inputs[0])


def _curve(op: Op, options: Options) -> Lowered | None:
    function, shifts = CURVES[op.kind]
    multiplier, shift = curve(op.inputs[0], shifts)
    return Lowered(
        calls=[function + "(&{name}, {0}, {out})"],
        struct=Struct(
            "nn_curve_params",
            ((f"{op.output.elements}, {multiplier}, {shift}", "values; multiplier and shift to steps of 1 / 12288"),),
            CURVE_BYTES,
        ),
        headers=("nn/int16.h",),
        overlap={0: 0},
    )


for _kind, (_function, _) in CURVES.items():
    family(f"{_kind} int16", types="int16", limits="output scale 1/32768")(_check_curve)
    kernel(f"{_kind} int16", _function)(_curve)
