"""Gravity, magnitude and jerk against an independent statement in integers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.errors import UserError
from ml.native.motion import AXES, VALUES, motion

int16 = st.integers(-32768, 32767)
samples_of = st.integers(0, 40).flatmap(lambda n: arrays(np.int16, (n, AXES), elements=int16))


def length(x: list[int]) -> int:
    return math.isqrt(sum(v * v for v in x))


def expected(samples: list[list[int]], shift: int) -> list[tuple]:
    gravity, last, made = None, None, []
    for now in samples:
        fine = [v << 16 for v in now]
        gravity = fine if gravity is None else [g + ((v - g) >> shift) for g, v in zip(gravity, fine, strict=True)]
        down = [(g + (1 << 15)) >> 16 for g in gravity]
        linear = [v - g for v, g in zip(now, down, strict=True)]
        jerk = length([v - before for v, before in zip(now, last or now, strict=True)])
        made.append((down, linear, length(now), length(linear), jerk))
        last = now
    return made


@given(samples_of, st.integers(0, 15))
def test_values_are_those_of_the_integer_statement(samples, shift):
    found = [(list(v[0]), list(v[1]), *map(int, list(v)[2:])) for v in motion(samples, shift)]
    assert found == expected(samples.tolist(), shift)


def test_gravity_settles_on_a_new_position_within_its_time_constant():
    samples = np.zeros((300, AXES), np.int16)
    samples[:, 2] = 2048
    samples[100:] = [2048, 0, 0]
    gravity = motion(samples, shift=4)["gravity"]
    assert gravity[99].tolist() == [0, 0, 2048]
    assert gravity[116][0] == pytest.approx(2048 * (1 - 1 / math.e), rel=0.06)
    assert gravity[-1].tolist() == [2048, 0, 0]


def test_the_layout_is_that_of_the_structure():
    assert VALUES.itemsize == 32
    assert VALUES.fields["linear"][1] == 8


@pytest.mark.parametrize("shift", [-1, 16])
def test_a_time_constant_out_of_range_is_refused(shift):
    with pytest.raises(UserError, match=r"expected 0\.\.15"):
        motion(np.zeros((1, AXES), np.int16), shift)


def test_samples_of_another_shape_are_refused():
    with pytest.raises(UserError, match="expected int16 samples"):
        motion(np.zeros((10, 6), np.int16), 4)
