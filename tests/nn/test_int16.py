"""Layers with int16 activations and int8 weights give TensorFlow Lite Micro's bytes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.compiler.compile import prepare
from ml.errors import UserError
from tests.compiler import strategies as draw_from
from tests.compiler.builder import Builder
from tests.compiler.parity import assert_same_as_tflm, needs_tflm
from tests.nn.test_convolution import sides, windows

scales = st.floats(1e-5, 2e-3).map(np.float32)
quantisation = st.fixed_dictionaries(
    {
        "scale": scales,
        "out_scale": scales,
        "activation": draw_from.activations,
        "bias": st.sampled_from(["int64", "int32", None]),
        "per_channel": st.booleans(),
        "seed": draw_from.seeds,
    }
)


def bias(b: Builder, q: dict, count: int, weight_scales: np.ndarray) -> int:
    values = draw_from.biases(q["seed"], count, q["bias"]) * 50
    return b.const(values, scales=weight_scales * np.float32(q["scale"]))


def convolution(kind: str, window: dict, q: dict, batches: int, channels: int, filters: int, groups: int = 1) -> bytes:
    out_height, out_width = sides(window)
    b = Builder()
    x = b.tensor((batches, window["height"], window["width"], channels), scale=q["scale"], dtype="int16")
    depthwise = kind == "DEPTHWISE_CONV_2D"
    shape = (1, *window["kernel"], filters) if depthwise else (filters, *window["kernel"], channels // groups)
    weight_scales = draw_from.channel_scales(q["seed"], filters if q["per_channel"] else 1)
    inputs = [x, b.const(draw_from.weights(q["seed"], shape), scales=weight_scales, axis=3 if depthwise else 0)]
    if q["bias"]:
        inputs.append(bias(b, q, filters, weight_scales))
    y = b.tensor((batches, out_height, out_width, filters), scale=q["out_scale"], dtype="int16")
    multiplier = filters // channels if depthwise else None
    b.op(kind, inputs, [y], **draw_from.convolution_options(window, q["activation"], multiplier))
    return b.model([x], [y])


@needs_tflm
@settings(max_examples=15)
@given(windows, quantisation, st.integers(1, 2), st.integers(1, 6), st.integers(1, 6))
def test_conv_2d_equals_tflm(window, q, batches, channels, filters):
    assert_same_as_tflm(convolution("CONV_2D", window, q, batches, channels, filters), count=1)


@needs_tflm
@settings(max_examples=10)
@given(windows, quantisation, st.integers(2, 3), st.integers(1, 3), st.integers(1, 3))
def test_grouped_conv_2d_equals_tflm(window, q, groups, channels, filters):
    model = convolution("CONV_2D", window, q, 1, groups * channels, groups * filters, groups)
    assert_same_as_tflm(model, count=1)


@needs_tflm
@settings(max_examples=12)
@given(windows, quantisation, st.integers(1, 2), st.integers(1, 6), st.integers(1, 3))
def test_depthwise_conv_2d_equals_tflm(window, q, batches, channels, multiplier):
    q = q | {"bias": q["bias"] and "int64"}
    model = convolution("DEPTHWISE_CONV_2D", window, q, batches, channels, channels * multiplier)
    assert_same_as_tflm(model, count=1)


def test_a_depthwise_bias_that_tflm_would_misread_is_refused_by_name():
    window = {"height": 4, "width": 4, "kernel": (3, 3), "stride": (1, 1), "dilation": (1, 1), "padding": 0}
    q = {"scale": 1e-3, "out_scale": 1e-3, "activation": "none", "bias": "int32", "per_channel": True, "seed": 0}
    model = convolution("DEPTHWISE_CONV_2D", window, q, 1, 2, 2)
    with pytest.raises(UserError, match="tensor 2 '': it is int32, expected int64"):
        prepare(model, "model")


@needs_tflm
@settings(max_examples=12)
@given(quantisation, st.integers(1, 4), st.integers(1, 40), st.integers(1, 12))
def test_fully_connected_equals_tflm(q, batches, count, outputs):
    b = Builder()
    x = b.tensor((batches, count), scale=q["scale"], dtype="int16")
    weight_scales = draw_from.channel_scales(q["seed"], outputs if q["per_channel"] else 1)
    w = b.const(draw_from.weights(q["seed"], (outputs, count)), scales=weight_scales)
    y = b.tensor((batches, outputs), scale=q["out_scale"], dtype="int16")
    inputs = [x, w, bias(b, q, outputs, weight_scales) if q["bias"] else -1]
    b.op("FULLY_CONNECTED", inputs, [y], activation=q["activation"])
    assert_same_as_tflm(b.model([x], [y]), count=2)


@needs_tflm
@pytest.mark.parametrize("kind", ["int64", "int32"])
def test_the_largest_multipliers_are_reduced_as_in_tflm(kind):
    """Just below a power of two the multiplier's upper 16 bits would round to 2^15."""
    weight_scales = np.float32(2.0**-8) * (1 - np.array([2**-24, 2**-18, 2**-17, 2**-16, 2**-15, 0.25], np.float32))
    b = Builder()
    x = b.tensor((64, 1), scale=2**-10, dtype="int16")
    w = b.const(np.array([[127], [-127], [127], [125], [-123], [1]], np.int8), scales=weight_scales)
    y = b.tensor((64, 6), scale=2**-10, dtype="int16")
    zero = b.const(np.zeros(6, kind), scales=weight_scales * np.float32(2**-10))
    b.op("FULLY_CONNECTED", [x, w, zero], [y])
    assert_same_as_tflm(b.model([x], [y]), count=6)
