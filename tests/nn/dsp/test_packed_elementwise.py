"""Sums, products and squared differences, every pair of bytes, against the formula; and repeated along each axis."""

import numpy as np
import pytest

from ml.compiler.fixed_point import multiplier, requantise
from tests.nn.dsp.kernels import CortexM4, Host, place_struct, struct

BROADCAST = ";".join(f"u32 {name}{i}" for name in ("side", "a", "b") for i in range(5))
ZEROS = "s16 a_zero;s16 b_zero;s16 output_zero"
ADD = (
    f"{BROADCAST};{ZEROS};s16 min;s16 max;s8 left_shift;s8 a_shift;s8 b_shift;s8 output_shift;s8 sign;"
    "s32 a_multiplier;s32 b_multiplier;s32 output_multiplier"
)
MUL = f"{BROADCAST};{ZEROS};s16 min;s16 max;s8 shift;s32 multiplier"
SQUARED = (
    f"{BROADCAST};{ZEROS};s8 a_shift;s8 b_shift;s8 output_shift;s32 a_multiplier;s32 b_multiplier;s32 output_multiplier"
)
A, B = (v.ravel().astype(np.int8) for v in np.meshgrid(np.arange(-128, 128), np.arange(-128, 128)))
A_ZERO, B_ZERO, ZERO = -128, 17, -3


def run(target, function: str, fields: str, a, b, sides, **numbers) -> np.ndarray:
    """`sides`: (length, whether a moves, whether b moves), innermost last, at most five."""
    sides = [(1, False, False)] * (5 - len(sides)) + list(sides)
    steps = {"a": 1, "b": 1}
    shape = {}
    for axis in reversed(range(5)):
        length, *moves = sides[axis]
        shape[f"side{axis}"] = length
        for name, moving in zip(steps, moves, strict=True):
            shape[f"{name}{axis}"] = steps[name] if moving else 0
            steps[name] *= length if moving else 1
    machine, count = target(), int(np.prod([side for side, _, _ in sides]))
    made = struct(machine, fields, **shape, a_zero=A_ZERO, b_zero=B_ZERO, output_zero=ZERO, **numbers)
    output = machine.place(np.full(count + 4, 77, np.int8))
    machine.call(function, place_struct(machine, made), machine.place(a), machine.place(b), output)
    result = machine.fetch(output, count + 4)
    assert (result[count:] == 77).all(), "wrote beyond its output"
    return result[:count]


def three(fields: tuple[float, float, float]) -> dict:
    pairs = zip(("a", "b", "output"), map(multiplier, fields), strict=True)
    return {
        f"{name}_{part}": value
        for name, pair in pairs
        for part, value in zip(("multiplier", "shift"), pair, strict=True)
    }


def wide(x: np.ndarray, zero: int) -> np.ndarray:
    return x.astype(np.int64) - zero


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("real", [0.49, 1 / 255, 1e-4, 2.0**-22])
def test_every_product(target, real):
    mantissa, shift = multiplier(real)
    made = run(
        target, "nn_mul_packed", MUL, A, B, [(65536, True, True)], min=-100, max=90, shift=shift, multiplier=mantissa
    )
    want = requantise(wide(A, A_ZERO) * wide(B, B_ZERO), mantissa, shift) + ZERO
    np.testing.assert_array_equal(made, np.clip(want, -100, 90))


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("ratio", [1.0, 0.999, 0.01])
@pytest.mark.parametrize("output_scale", [1.0001, 0.3 * 2, 130.0])
def test_every_sum(target, sign, ratio, output_scale):
    scales = three((ratio / 2, 0.5, 2 / ((1 << 20) * output_scale)))
    numbers = {"min": -128, "max": 127, "left_shift": 20, "sign": sign}
    made = run(target, "nn_add_packed", ADD, A, B, [(65536, True, True)], **numbers, **scales)
    a, b = (
        requantise(wide(x, zero) << 20, scales[f"{name}_multiplier"], scales[f"{name}_shift"])
        for x, zero, name in ((A, A_ZERO, "a"), (B, B_ZERO, "b"))
    )
    want = requantise(a + sign * b, scales["output_multiplier"], scales["output_shift"]) + ZERO
    np.testing.assert_array_equal(made, np.clip(want, -128, 127))


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("ratio", [1.0, 0.02])
@pytest.mark.parametrize("output_scale", [500.0, 3.0])
def test_every_squared_difference(target, ratio, output_scale):
    scales = three((0.5, ratio / 2, 4 / ((1 << 14) * output_scale)))
    made = run(target, "nn_squared_difference_packed", SQUARED, A, B, [(65536, True, True)], **scales)
    a, b = (
        requantise(wide(x, zero) << 7, scales[f"{name}_multiplier"], scales[f"{name}_shift"])
        for x, zero, name in ((A, A_ZERO, "a"), (B, B_ZERO, "b"))
    )
    want = requantise((a - b) ** 2, scales["output_multiplier"], scales["output_shift"]) + ZERO
    np.testing.assert_array_equal(made, np.clip(want, -128, 127))


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("moves", [(True, False), (False, True)])
def test_a_repeated_tensor(target, moves):
    mantissa, shift = multiplier(0.01)
    a, b = A[::771][:60], B[::517][:60]
    sides = [(3, True, True), (5, *moves), (4, True, True)]
    made = run(target, "nn_mul_packed", MUL, a, b, sides, min=-128, max=127, shift=shift, multiplier=mantissa)
    full = [
        x[: 60 if moving else 12].reshape(3, 5 if moving else 1, 4) for x, moving in zip((a, b), moves, strict=True)
    ]
    want = requantise(wide(full[0], A_ZERO) * wide(full[1], B_ZERO), mantissa, shift) + ZERO
    np.testing.assert_array_equal(made, np.clip(want, -128, 127).ravel())
