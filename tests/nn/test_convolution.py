"""The convolutions give TensorFlow Lite Micro's bytes, whatever their shape and quantisation."""

import numpy as np
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from tests.compiler import strategies as draw_from
from tests.compiler.builder import Builder
from tests.compiler.parity import assert_same_as_tflm, needs_tflm

windows = st.fixed_dictionaries(
    {
        "height": st.integers(1, 9),
        "width": st.integers(1, 9),
        "kernel": st.tuples(st.integers(1, 4), st.integers(1, 4)),
        "stride": st.tuples(st.integers(1, 3), st.integers(1, 3)),
        "dilation": st.tuples(st.integers(1, 3), st.integers(1, 3)),
        "padding": st.integers(0, 1),
    }
)
quantisation = st.fixed_dictionaries(
    {
        "scale": draw_from.scales,
        "zero": draw_from.zeros,
        "out_scale": draw_from.scales,
        "out_zero": draw_from.zeros,
        "activation": draw_from.activations,
        "bias": st.booleans(),
        "per_channel": st.booleans(),
        "seed": draw_from.seeds,
    }
)


def sides(window: dict) -> tuple[int, int]:
    made = tuple(
        draw_from.output_side(length, k, s, d, window["padding"])
        for length, k, s, d in zip(
            (window["height"], window["width"]), window["kernel"], window["stride"], window["dilation"], strict=True
        )
    )
    if min(made) == 0:
        reject()
    return made


def convolution(kind: str, window: dict, q: dict, batches: int, channels: int, filters: int, groups: int = 1) -> bytes:
    """A model of one convolution; for DEPTHWISE_CONV_2D `filters` is the output's channels."""
    out_height, out_width = sides(window)
    b = Builder()
    x = b.tensor((batches, window["height"], window["width"], channels), scale=q["scale"], zero=q["zero"])
    depthwise = kind == "DEPTHWISE_CONV_2D"
    shape = (1, *window["kernel"], filters) if depthwise else (filters, *window["kernel"], channels // groups)
    scales = draw_from.channel_scales(q["seed"], filters if q["per_channel"] else 1)
    w = b.const(draw_from.weights(q["seed"], shape), scales=scales, axis=3 if depthwise else 0)
    inputs = [x, w]
    if q["bias"]:
        inputs.append(b.const(draw_from.biases(q["seed"], filters), scales=scales * np.float32(q["scale"])))
    elif not depthwise:
        inputs.append(-1)  # TFLM takes a bias of -1 here; in a depthwise convolution it would crash
    y = b.tensor((batches, out_height, out_width, filters), scale=q["out_scale"], zero=q["out_zero"])
    multiplier = filters // channels if depthwise else None
    b.op(kind, inputs, [y], **draw_from.convolution_options(window, q["activation"], multiplier))
    return b.model([x], [y])


@needs_tflm
@settings(max_examples=22)
@given(windows, quantisation, st.integers(1, 2), st.integers(1, 9), st.integers(1, 9))
def test_conv_2d_equals_tflm(window, q, batches, channels, filters):
    assert_same_as_tflm(convolution("CONV_2D", window, q, batches, channels, filters), count=1)


@needs_tflm
@settings(max_examples=12)
@given(windows, quantisation, st.integers(2, 3), st.integers(1, 3), st.integers(1, 3))
def test_grouped_conv_2d_equals_tflm(window, q, groups, channels, filters):
    model = convolution("CONV_2D", window, q, 1, groups * channels, groups * filters, groups)
    assert_same_as_tflm(model, count=1)


@needs_tflm
@settings(max_examples=22)
@given(windows, quantisation, st.integers(1, 2), st.integers(1, 9), st.integers(1, 3))
def test_depthwise_conv_2d_equals_tflm(window, q, batches, channels, multiplier):
    model = convolution("DEPTHWISE_CONV_2D", window, q, batches, channels, channels * multiplier)
    assert_same_as_tflm(model, count=1)


@needs_tflm
@settings(max_examples=20)
@given(quantisation, st.integers(1, 4), st.integers(1, 40), st.integers(1, 12))
def test_fully_connected_equals_tflm(q, batches, count, outputs):
    b = Builder()
    x = b.tensor((batches, count), scale=q["scale"], zero=q["zero"])
    scales = draw_from.channel_scales(q["seed"], outputs if q["per_channel"] else 1)
    w = b.const(draw_from.weights(q["seed"], (outputs, count)), scales=scales)
    bias_scales = scales * np.float32(q["scale"])
    bias = b.const(draw_from.biases(q["seed"], outputs), scales=bias_scales) if q["bias"] else -1
    y = b.tensor((batches, outputs), scale=q["out_scale"], zero=q["out_zero"])
    b.op("FULLY_CONNECTED", [x, w, bias], [y], activation=q["activation"])
    assert_same_as_tflm(b.model([x], [y]), count=2)
