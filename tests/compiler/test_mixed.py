"""Layers of 4, 8 and 16 bits in one model."""

import numpy as np
import pytest

from ml.compiler.operators import Options
from ml.compiler.reader import read
from ml.compiler.twin import int8_twin
from tests.compiler.mixed import mixed
from tests.compiler.parity import assert_same_as_tflm, needs_tflm

KERNELS = [
    "nn_conv_2d_int4_packed",
    "nn_depthwise_packed",
    "nn_quantise_int8_to_int16",
    "nn_conv_2d_int16_packed",
    "nn_add_equal_int16",
    "nn_average_pool_int16_packed",
    "nn_quantise_int16_to_int8",
    "nn_fully_connected_int4_packed",
]


@needs_tflm
@pytest.mark.parametrize("packed", [True, False])
def test_every_layer_of_a_mixed_model_equals_tflm(packed):
    program = assert_same_as_tflm(mixed(packed), count=2, options=Options(weights="4"))
    assert {layer.lowered.kernel for layer in program.layers} >= set(KERNELS)


def test_the_int8_twin_of_packed_weights_is_the_same_model():
    packed = mixed()
    twin = int8_twin(packed)
    assert int8_twin(twin) == twin
    for ours, theirs in zip(read(packed).tensors, read(twin).tensors, strict=True):
        assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
        np.testing.assert_array_equal(ours.data, theirs.data)
