"""Models that are compiled together are compared one by one."""

import numpy as np
import pytest

from tests.compiler import parity
from tests.compiler.builder import Builder

pytestmark = parity.needs_tflm


def relu(zero: int) -> bytes:
    b = Builder()
    x, y = (b.tensor((1, 8), scale=0.1, zero=zero) for _ in range(2))
    b.op("RELU", [x], [y])
    return b.model([x], [y])


def test_one_wrong_byte_of_one_model_is_found_and_that_model_is_kept(tmp_path):
    with pytest.raises(AssertionError, match=r"(?s)differs\.tflite: .*1 / 8"), parity.together(tmp_path):
        for zero in range(3):
            parity.assert_same_as_tflm(relu(zero))
        case = parity._waiting[1]
        index = case.program.layers[0].op.output.index
        wrong = np.frombuffer(case.expected[2][index], np.int8).copy()
        wrong[5] ^= 4
        case.expected[2][index] = wrong.tobytes()
    assert (tmp_path / "differs.tflite").read_bytes() == relu(1)
