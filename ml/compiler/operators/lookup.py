"""Operators that map one int8 to one int8: each becomes a table of 256 bytes, filled as TFLM would compute it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ml.compiler import fixed_point, transcendental
from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Array, Lowered, Options, family, kernel

INPUTS = np.arange(-128, 128, dtype=np.int64)


def check_unary(op: Op) -> None:
    checks.arity(op, 1)
    checks.quantised(op.inputs[0])
    checks.quantised(op.output)
    checks.shape(op.output, op.inputs[0].shape)


def lookup_family(kind: str, table: Callable[[Op], np.ndarray], check: Callable[[Op], None] = check_unary) -> None:
    """Registers an operator whose table is `table(op)`: int64 [256] for the inputs -128..127, not yet clamped."""
    family(kind, limits="one table of 256 bytes")(check)

    @kernel(kind, "nn_lookup")
    def offer(op: Op, options: Options) -> Lowered | None:
        return lower_table(op, table(op))


def lower_table(op: Op, values: np.ndarray, position: int = 0) -> Lowered:
    """The output for each value of the input at `position`: int64 [256], clamped here."""
    values = np.clip(fixed_point.wrap32(values), *fixed_point.LIMITS["int8"]).astype(np.int8)
    return Lowered(
        calls=[f"nn_lookup({{name}}_table, {op.output.elements}, {{{position}}}, {{out}})"],
        arrays=[Array("table", values, "output for the inputs -128..127")],
        headers=("nn/elementwise.h",),
        reason="a table of 256 bytes",
        cycles=5.0 * op.output.elements,
        overlap={position: 0},
    )


def rescaled(op: Op, real: float | None = None) -> np.ndarray:
    """The inputs on the output's scale, before its zero point; `real` is the factor when it is not in / out."""
    given, output = op.inputs[0], op.output
    mantissa, shift = fixed_point.multiplier(float(given.scale) / float(output.scale) if real is None else real)
    return fixed_point.requantise(INPUTS - given.zero, mantissa, shift)


def quantize_table(op: Op) -> np.ndarray:
    """QUANTIZE from int8 to int8: another scale and zero point."""
    return op.output.zero + rescaled(op)


def relu_table(op: Op) -> np.ndarray:
    """The input rescaled, then held between the activation's bounds."""
    return np.clip(op.output.zero + rescaled(op), *fixed_point.activation_range("relu", op.output))


def relu6_table(op: Op) -> np.ndarray:
    """TFLM's RELU6 takes scales to be equal and holds the bytes between the input's own 0 and 6."""
    return np.clip(INPUTS, *fixed_point.activation_range("relu6", op.inputs[0]))


def leaky_relu_table(op: Op) -> np.ndarray:
    """Two factors, both in double precision."""
    given, output = op.inputs[0], op.output
    falling = float(given.scale) * float(np.float32(op.options["alpha"])) / float(output.scale)
    return output.zero + np.where(given.zero > INPUTS, rescaled(op, falling), rescaled(op))


def _check_logistic(op: Op) -> None:
    check_unary(op)
    checks.require(op.output.zero == -128, "its zero point is not -128", op.output)


def saturating_shift(op: Op) -> int:
    """The exponent of a LOGISTIC's or TANH's input scale in Q4.27. TFLM shifts a 64-bit 1 by it to the left, which C
    defines for 0 to 62 only: scales from 4e-9 to 3e10."""
    return int(np.frexp(float(op.inputs[0].scale) * (1 << 27))[1])


def _saturating(op: Op, function: Callable[[np.ndarray, int], np.ndarray], fraction_bits: int) -> np.ndarray:
    """A gemmlowp function of the input in Q4.27, with `fraction_bits` after the point; beyond 15 it has its limits.

    Where the scale is so small that TFLM's arithmetic is not defined, all inputs are near 0 and so is this."""
    given = op.inputs[0]
    shift = saturating_shift(op)
    fraction, _ = np.frexp(float(given.scale))
    mantissa = int(np.floor(fraction * (1 << 31) + 0.5))
    radius = math.floor(math.ldexp(15.0, 27 - shift))
    values = INPUTS - given.zero
    low, high = values <= -radius, values >= radius  # of a radius of 0, which scales beyond 8 have, the first holds
    scaled = np.array([_in_q4(int(value), mantissa, shift) for value in np.where(low | high, 0, values)])
    result = fixed_point.shift_right(function(scaled, 4), 31 - fraction_bits)
    limit = 1 << 10  # far outside int8; the table is clamped
    return np.where(low, -limit, np.where(high, limit, result))


def _in_q4(value: int, mantissa: int, shift: int) -> int:
    """One input in Q4.27; only 0 has a shift beyond 30."""
    return int(fixed_point.requantise(value, mantissa, max(shift, -31))) if value else 0


def logistic_table(op: Op) -> np.ndarray:
    return _saturating(op, transcendental.logistic, 8) - 128


def tanh_table(op: Op) -> np.ndarray:
    return _saturating(op, transcendental.tanh, 7)


lookup_family("QUANTIZE", quantize_table)
lookup_family("RELU", relu_table)
lookup_family("RELU6", relu6_table)
lookup_family("LEAKY_RELU", leaky_relu_table)
lookup_family("LOGISTIC", logistic_table, _check_logistic)
lookup_family("TANH", tanh_table)
