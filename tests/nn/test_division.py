"""DIV where TFLM's arithmetic is not defined: small dividends, and a divisor of 0."""

import numpy as np
import pytest

from ml.compiler import tflm
from ml.compiler.compile import prepare
from ml.compiler.reader import read
from ml.errors import UserError
from tests.compiler.builder import Builder
from tests.compiler.parity import host_model

ALL = np.arange(-128, 128, dtype=np.int8)


def quotient(divisor: np.ndarray | None, scales=(0.1, 0.05, 0.1)) -> bytes:
    """x / divisor, or x / x where there is none; zero points 3, -128 and -5."""
    b = Builder()
    x = b.tensor((1, 256), scale=scales[0], zero=3)
    other = x if divisor is None else b.const(divisor.reshape(1, -1), scales=[scales[1]], zeros=[-128])
    y = b.tensor((1, 256), scale=scales[2], zero=-5)
    b.op("DIV", [x, other], [y])
    return b.model([x], [y])


def test_a_quotient_is_the_rounded_real_one():
    divisor = np.random.default_rng(0).integers(-127, 128, 256).astype(np.int8)
    with host_model(quotient(divisor)) as (_, host):
        made = host.run(ALL)[0].astype(int)
    real = (ALL - 3.0) * 0.1 / ((divisor + 128.0) * 0.05) / 0.1 - 5
    assert np.abs(made - np.clip(real, -128, 127)).max() <= 0.51


def test_a_divisor_of_0_gives_the_bound_of_the_dividends_sign():
    with host_model(quotient(None)) as (_, host):
        made = host.run(np.full(256, 3, np.int8))[0]
        assert set(made.tolist()) == {-5}  # 0 / 0
        assert set(host.run(ALL[4:5].repeat(256))[0].tolist()) == {5}  # x / x is 10 steps of 0.1
    b = Builder()
    x, y, z = (b.tensor((1, 4), scale=0.1, zero=zero) for zero in (0, 0, 7))
    b.op("DIV", [x, y], [z])
    with host_model(b.model([x, y], [z])) as (_, host):
        assert host.run(np.array([[9, -9, 0, 2, 0, 0, 0, 0]], np.int8))[0].tolist() == [127, -128, 7, 127]


def test_a_constant_divisor_of_0_is_refused_by_name():
    with pytest.raises(UserError, match="operator 0 DIV at tensor 1 '': it divides by 0"):
        prepare(quotient(np.full(256, -128, np.int8)), "model")


def test_what_is_not_defined_is_left_out_of_the_comparison():
    divisor = np.full(256, 5, np.int8)
    assert tflm.undefined(read(quotient(divisor)))
    assert not tflm.undefined(read(quotient(divisor, (0.1, 0.001, 0.5))))
