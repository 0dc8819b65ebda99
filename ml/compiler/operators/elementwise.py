"""ADD: two tensors element by element, one of them repeated where its shape asks for it."""

from __future__ import annotations

from ml.compiler import fixed_point
from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Lowered, Options, Struct, family, kernel
from ml.compiler.operators.convolution import braces

BROADCAST_BYTES = 60  # sizeof(nn_broadcast)


def broadcast(op: Op) -> tuple[list[int], list[int], list[int]]:
    """(sides, steps of a, steps of b), five each: the output's shape with neighbouring axes merged where both inputs
    move alike. A step is 0 where an input is repeated."""
    shape = op.output.shape
    merged: list[list] = []  # [side, a moves, b moves]
    for axis in range(len(shape)):
        moves = [_side(t.shape, axis - len(shape)) > 1 for t in op.inputs[:2]]
        if shape[axis] == 1:
            continue
        if merged and merged[-1][1:] == moves:
            merged[-1][0] *= shape[axis]
        else:
            merged.append([shape[axis], *moves])
    checks.require(len(merged) <= 5, "its inputs are repeated in too intricate a way", op.output)
    merged = [[1, False, False]] * (5 - len(merged)) + merged
    sides = [side for side, _, _ in merged]
    return sides, _steps(sides, [m[1] for m in merged]), _steps(sides, [m[2] for m in merged])


def _side(shape: tuple[int, ...], axis: int) -> int:
    return shape[axis] if -axis <= len(shape) else 1


def _steps(sides: list[int], moves: list[bool]) -> list[int]:
    steps, step = [0] * len(sides), 1
    for axis in reversed(range(len(sides))):
        if moves[axis]:
            steps[axis] = step
            step *= sides[axis]
    return steps


def check_binary(op: Op) -> None:
    """Two int8 inputs whose shapes broadcast to the output's."""
    checks.arity(op, 2)
    rank = max(len(t.shape) for t in op.inputs)
    for tensor in (*op.inputs, op.output):
        checks.quantised(tensor)
    sides = []
    for axis in range(-rank, 0):
        a, b = (_side(t.shape, axis) for t in op.inputs)
        checks.require(a == b or 1 in (a, b), f"{a} and {b} values meet along axis {axis}", op.inputs[1])
        sides.append(max(a, b))
    checks.shape(op.output, tuple(sides))
    broadcast(op)


def broadcast_row(op: Op) -> tuple[str, str]:
    sides, a, b = broadcast(op)
    return "{" + ", ".join(map(braces, (sides, a, b))) + "}", "sides; steps of either input"


family("ADD", limits="any broadcasting")(check_binary)


def add_row(op: Op) -> Lowered:
    a, b, output = op.inputs[0], op.inputs[1], op.output
    left_shift = 20
    twice = 2.0 * max(float(a.scale), float(b.scale))
    a_mantissa, a_shift = fixed_point.multiplier(float(a.scale) / twice)
    b_mantissa, b_shift = fixed_point.multiplier(float(b.scale) / twice)
    real = twice / ((1 << left_shift) * float(output.scale))
    checks.require(real < 1, "its scale is too small for the sum", output)
    mantissa, shift = fixed_point.multiplier(real)
    low, high = fixed_point.activation_range(op.options["activation"], output)
    rows = (
        broadcast_row(op),
        (
            f"{a.zero}, {b.zero}, {output.zero}, {low}, {high}",
            "zero points of a, b, output; smallest and largest output",
        ),
        (f"{left_shift}, {a_shift}, {b_shift}, {shift}", "shifts: both inputs, a, b, output"),
        (f"{a_mantissa}, {b_mantissa}, {mantissa}", "multipliers: a, b, output"),
    )
    return Lowered(
        calls=["nn_add(&{name}, {0}, {1}, {out})"],
        struct=Struct("nn_add_params", rows, BROADCAST_BYTES + 28),
        headers=("nn/elementwise.h",),
        overlap={i: 0 for i in (0, 1) if op.inputs[i].elements == output.elements},
    )


@kernel("ADD", "nn_add")
def add(op: Op, options: Options) -> Lowered | None:
    return add_row(op)
