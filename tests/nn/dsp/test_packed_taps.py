"""The packed depthwise kernel for any window against a plain one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.compiler import packing
from tests.nn.dsp.kernels import CortexM4, Host, place_struct, struct
from tests.nn.dsp.plain import Layer, depthwise

FIELDS = (
    "u16 out_height;u16 out_width;u16 channels;u16 stride_height;u16 stride_width;u16 pad_top;u16 pad_left;u16 turned;"
    "u16 in_along;u16 in_across;u16 along_taps;u16 across_taps;u16 along_dilation;u16 across_dilation;"
    "s16 input_zero;s16 output_zero;s16 min;s16 max;u32 in_along_step;u32 in_across_step;ptr packed"
)


def run(target, layer: Layer, image: np.ndarray) -> np.ndarray:
    words = packing.pack_taps(layer.weights, layer.bias, layer.mantissas, layer.shifts)
    made = struct(target, FIELDS, packed=target.place(words), **packing.taps(layer.geometry()))
    output = target.place(np.full(layer.outputs + 8, 77, np.int8))
    target.call("nn_depthwise_packed", place_struct(target, made), target.place(image), output)
    result = target.fetch(output, layer.outputs + 8)
    assert (result[layer.outputs :] == 77).all(), "wrote beyond its output"
    return result[: layer.outputs]


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("upright", [True, False])
def test_every_length_of_a_window_in_time(target, upright):
    machine = target()
    for taps in range(1, 17):
        kernel = (taps, 1) if upright else (1, taps)
        layer, image = Layer.random(
            taps, in_c=8, out_c=8, side=3, height=18, kernel=kernel, same=taps % 2 == 0, output_zero=-5, depthwise=True
        )
        np.testing.assert_array_equal(run(machine, layer, image), depthwise(layer, image), f"{taps} taps")


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), data=st.data())
def test_any_window_stride_dilation_and_padding(seed, data):
    pairs = [data.draw(st.tuples(st.integers(1, most), st.integers(1, most))) for most in (5, 3, 2)]
    layer, image = Layer.random(
        seed,
        in_c=4,
        out_c=4,
        side=data.draw(st.integers(1, 7)),
        height=data.draw(st.integers(1, 7)),
        kernel=pairs[0],
        stride=pairs[1],
        dilation=pairs[2],
        same=data.draw(st.booleans()),
        output_zero=data.draw(st.sampled_from([-128, -5, 127])),
        clamp=data.draw(st.booleans()),
        depthwise=True,
    )
    expected = depthwise(layer, image)
    for target in (Host(), CortexM4()):
        np.testing.assert_array_equal(run(target, layer, image), expected)
