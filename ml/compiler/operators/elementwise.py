"""ADD, SUB, MUL, MAXIMUM, MINIMUM: two tensors element by element, repeated where their shapes ask for it."""

from __future__ import annotations

from ml.compiler import fixed_point
from ml.compiler.graph import Op
from ml.compiler.operators import checks
from ml.compiler.operators.base import Declined, Lowered, Options, Struct, family, kernel
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


def check_binary(op: Op, activations: str = "int8") -> None:
    """Two inputs whose shapes broadcast to the output's."""
    checks.arity(op, 2)
    rank = max(len(t.shape) for t in op.inputs)
    for tensor in (*op.inputs, op.output):
        checks.quantised(tensor, (activations,))
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


BROADCASTING = "any broadcasting"


def steps_back(op: Op) -> dict[int, int]:
    """The overlap of an elementwise operator: in place over an input that is not repeated."""
    return {i: 0 for i in (0, 1) if op.inputs[i].elements == op.output.elements}


def sum_multipliers(op: Op, left_shift: int) -> list[tuple[int, int]]:
    """(mantissa, shift) of a, b and the output of an ADD or SUB: both inputs are brought to twice the larger scale,
    shifted left by `left_shift`, and the sum to the output's scale."""
    a, b, output = (float(t.scale) for t in (op.inputs[0], op.inputs[1], op.output))
    twice = 2.0 * max(a, b)
    real = twice / ((1 << left_shift) * output)
    checks.require(real < 1, "its scale is too small for the sum", op.output)
    return [fixed_point.multiplier(value) for value in (a / twice, b / twice, real)]


LEFT_SHIFT = 20  # of both inputs of an int8 sum, as in TFLM


def lower_sum(op: Op, sign: int, *, function: str = "nn_add", left_shift: int = LEFT_SHIFT) -> Lowered:
    """An ADD (sign 1) or SUB (-1). `left_shift` is what 32 bits leave beside a difference of two activations."""
    (a_mantissa, a_shift), (b_mantissa, b_shift), (mantissa, shift) = sum_multipliers(op, left_shift)
    rows = (
        broadcast_row(op),
        zeros_row(op),
        (f"{left_shift}, {a_shift}, {b_shift}, {shift}, {sign}", "shifts: both inputs, a, b, output; sign of b"),
        (f"{a_mantissa}, {b_mantissa}, {mantissa}", "multipliers: a, b, output"),
    )
    return Lowered(
        calls=[function + "(&{name}, {0}, {1}, {out})"],
        struct=Struct("nn_add_params", rows, BROADCAST_BYTES + 28),
        headers=("nn/elementwise.h",),
        overlap=steps_back(op),
    )


LARGEST_SHIFT = 22  # of the packed kernels' last step


def packed(lowered: Lowered | Declined | None, shifts: tuple[int, ...], output_shift: int) -> Lowered | None:
    """The same call on the kernel whose name ends in `_packed`, where its shifts are what that takes."""
    if not isinstance(lowered, Lowered):
        return None
    if min(shifts, default=0) < -LARGEST_SHIFT or max(shifts, default=0) > 0 or not 1 <= -output_shift <= LARGEST_SHIFT:
        return None
    name, _, rest = lowered.calls[0].partition("(")
    lowered.calls = [f"{name}_packed({rest}"]
    lowered.reason = "any broadcasting, with the DSP extension's multiplications"
    return lowered


def zeros_row(op: Op) -> tuple[str, str]:
    low, high = fixed_point.activation_range(op.options["activation"], op.output)
    zeros = ", ".join(str(t.zero) for t in (*op.inputs[:2], op.output))
    return f"{zeros}, {low}, {high}", "zero points of a, b, output; smallest and largest output"


family("ADD", limits=BROADCASTING)(check_binary)
family("SUB", limits=BROADCASTING)(check_binary)
family("MUL", limits=BROADCASTING)(check_binary)


@kernel("ADD", "nn_add")
def add(op: Op, options: Options) -> Lowered | None:
    return lower_sum(op, 1)


@kernel("SUB", "nn_add")
def subtract(op: Op, options: Options) -> Lowered | None:
    return lower_sum(op, -1)


def product_multiplier(op: Op) -> tuple[int, int]:
    a, b, output = (float(t.scale) for t in (op.inputs[0], op.inputs[1], op.output))
    return fixed_point.multiplier(a * b / output)


@kernel("ADD", "nn_add_packed")
def add_packed(op: Op, options: Options) -> Lowered | None:
    return _packed_sum(op, 1)


@kernel("SUB", "nn_add_packed")
def subtract_packed(op: Op, options: Options) -> Lowered | None:
    return _packed_sum(op, -1)


def _packed_sum(op: Op, sign: int) -> Lowered | None:
    *inputs, (_, shift) = sum_multipliers(op, LEFT_SHIFT)
    return packed(lower_sum(op, sign), tuple(one for _, one in inputs), shift)


@kernel("MUL", "nn_mul_packed")
def multiply_packed(op: Op, options: Options) -> Lowered | None:
    return packed(multiply(op, options), (), product_multiplier(op)[1])


@kernel("MUL", "nn_mul")
def multiply(op: Op, options: Options) -> Lowered | None:
    return lower_product(op, "nn_mul")


def lower_product(op: Op, function: str) -> Lowered:
    mantissa, shift = product_multiplier(op)
    rows = (broadcast_row(op), zeros_row(op), (f"{shift}, {mantissa}", "shift, multiplier"))
    return Lowered(
        calls=[function + "(&{name}, {0}, {1}, {out})"],
        struct=Struct("nn_mul_params", rows, BROADCAST_BYTES + 16),
        headers=("nn/elementwise.h",),
        overlap=steps_back(op),
    )


def check_larger(op: Op) -> None:
    check_binary(op)
    for tensor in op.inputs:
        checks.same_quantisation(op.output, tensor)


def _larger(op: Op, function: str) -> Lowered:
    sides, a, b = broadcast(op)
    rows = ((", ".join(map(braces, (sides, a, b))), "sides; steps of either input"),)
    return Lowered(
        calls=[f"{function}(&{{name}}, {{0}}, {{1}}, {{out}})"],
        struct=Struct("nn_broadcast", rows, BROADCAST_BYTES),
        headers=("nn/elementwise.h",),
        overlap=steps_back(op),
    )


family("MAXIMUM", limits=BROADCASTING + "; one scale and zero point")(check_larger)
family("MINIMUM", limits=BROADCASTING + "; one scale and zero point")(check_larger)


@kernel("MAXIMUM", "nn_maximum")
def maximum(op: Op, options: Options) -> Lowered | None:
    return _larger(op, "nn_maximum")


@kernel("MINIMUM", "nn_minimum")
def minimum(op: Op, options: Options) -> Lowered | None:
    return _larger(op, "nn_minimum")
