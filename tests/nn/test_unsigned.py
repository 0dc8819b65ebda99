"""Models with uint8 at an end: QUANTIZE between uint8 and int8 gives TensorFlow Lite Micro's bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.compiler.compile import prepare
from ml.errors import UserError
from tests.compiler import strategies as draw_from
from tests.compiler.builder import Builder
from tests.compiler.parity import assert_same_as_tflm, needs_tflm

pytestmark = needs_tflm
TYPES = st.sampled_from([("uint8", "int8"), ("int8", "uint8")])


def requantised(types, scales, zeros, size=256) -> bytes:
    """One QUANTIZE; zero points as int8 has them."""
    b = Builder()
    ends = [
        b.tensor((1, size), dtype=kind, scale=scale, zero=zero + 128 * (kind == "uint8"))
        for kind, scale, zero in zip(types, scales, zeros, strict=True)
    ]
    b.op("QUANTIZE", ends[:1], ends[1:])
    return b.model(ends[:1], ends[1:])


@settings(max_examples=15)
@given(TYPES, st.tuples(draw_from.scales, draw_from.scales), st.tuples(draw_from.zeros, draw_from.zeros))
def test_between_any_scales(types, scales, zeros):
    assert_same_as_tflm(requantised(types, scales, zeros))


@settings(max_examples=12)
@given(TYPES, draw_from.scales, draw_from.zeros, st.integers(1, 70))
def test_zero_points_128_apart_cost_one_instruction_for_four_bytes(types, scale, zero, size):
    program = assert_same_as_tflm(requantised(types, (scale, scale), (zero, zero), size))
    assert program.layers[0].lowered.kernel == "nn_flip_sign"


def camera() -> bytes:
    """uint8 pixels, a convolution, uint8 scores: what the converter makes of inference_input_type=tf.uint8."""
    b = Builder()
    pixels = b.tensor((1, 6, 5, 3), dtype="uint8", scale=1 / 255)
    x = b.tensor((1, 6, 5, 3), scale=1 / 255, zero=-128)
    b.op("QUANTIZE", [pixels], [x])
    w = b.const(draw_from.weights(1, (8, 3, 3, 3)), scales=0.01)
    y = b.tensor((1, 4, 3, 8), scale=0.05, zero=-128)
    options = draw_from.convolution_options({"padding": 1, "stride": (1, 1), "dilation": (1, 1)}, "relu")
    b.op("CONV_2D", [x, w, b.const(draw_from.biases(2, 8), scales=0.01 / 255)], [y], **options)
    scores = b.tensor((1, 4, 3, 8), dtype="uint8", scale=0.05)
    b.op("QUANTIZE", [y], [scores])
    return b.model([pixels], [scores])


def test_a_model_for_cameras():
    program = assert_same_as_tflm(camera())
    assert (program.input.dtype, program.output.dtype) == ("uint8", "uint8")
    kernels = [layer.lowered.kernel for layer in program.layers]
    assert kernels == ["nn_flip_sign", "nn_conv_2d_packed", "nn_flip_sign"]
    assert program.plan.size == program.plan.lower_bound


def test_uint8_within_a_model_is_refused_by_name():
    b = Builder()
    x, y = (b.tensor((1, 4), dtype="uint8", scale=0.1) for _ in range(2))
    b.op("RELU", [x], [y])
    with pytest.raises(UserError, match="operator 0 RELU at tensor 0 '': it is uint8, expected int8"):
        prepare(b.model([x], [y]), "model")


@pytest.mark.parametrize("types", [("uint8", "uint8"), ("uint8", "int16")])
def test_other_pairs_of_types_are_refused(types):
    with pytest.raises(UserError, match="operator 0 QUANTIZE at tensor"):
        prepare(requantised(types, (0.1, 0.1), (0, 0)), "model")
