"""The packed 3x3 depthwise kernel against a plain one: widths around four outputs a turn, heights around a strip."""

import numpy as np
import pytest

from ml.compiler import packing
from tests.nn.dsp.kernels import CortexM4, Host, place_struct, struct
from tests.nn.dsp.plain import Layer, depthwise

FIELDS = (
    "u16 in_rows;u16 in_columns;u16 out_rows;u16 out_columns;u16 channels;u16 stride;u16 pad_row;u16 pad_column;"
    "u16 pairs;s16 input_zero;s16 output_zero;s16 min;s16 max;"
    "u32 in_row_step;u32 in_column_step;u32 out_row_step;u32 out_column_step;ptr packed"
)


def run(target, layer: Layer, image: np.ndarray, in_place: bool = False, turned: bool = False) -> np.ndarray:
    made = packing.depthwise_3x3(layer.geometry(), turned)
    packed = packing.pack_depthwise_3x3(layer.weights, layer.bias, layer.mantissas, layer.shifts, turned=turned)
    scratch = target.place(np.full(packing.depthwise_scratch(made["pairs"]), -99, np.int8))
    source = target.place(image)
    output = source if in_place else target.place(np.full(layer.outputs + 8, 77, np.int8))
    address = place_struct(target, struct(target, FIELDS, packed=target.place(packed), **made))
    target.call("nn_depthwise_3x3_packed", address, source, output, scratch)
    if not in_place:
        assert (target.fetch(output, layer.outputs + 8)[layer.outputs :] == 77).all(), "wrote beyond its output"
    return target.fetch(output, layer.outputs)


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("same", [True, False])
def test_every_width_and_height_around_a_turn_and_a_strip(target, stride, same):
    machine = target()
    sizes = [(h, w) for h in (3, 4, 8) for w in range(3, 19)] + [(h, w) for h in range(3, 20) for w in (5, 8)]
    sizes += [(1, 1), (2, 2), (1, 4), (4, 1)] if same else []
    for h, w in sizes:
        layer, image = Layer.random(
            h * 100 + w, in_c=4, out_c=4, side=w, height=h, kernel=(3, 3), stride=(stride, stride), same=same,
            depthwise=True,
        )  # fmt: skip
        expected = depthwise(layer, image)
        np.testing.assert_array_equal(run(machine, layer, image), expected, f"{h}x{w}")
        np.testing.assert_array_equal(run(machine, layer, image, turned=True), expected, f"{h}x{w} turned")
        np.testing.assert_array_equal(run(machine, layer, image, in_place=True), expected, f"{h}x{w} in place")


@pytest.mark.parametrize("target", [Host, CortexM4])
def test_more_channels_and_a_narrower_activation(target):
    for channels in (4, 8, 12):
        layer, image = Layer.random(
            channels, in_c=channels, out_c=channels, side=7, kernel=(3, 3), depthwise=True, clamp=True
        )
        np.testing.assert_array_equal(run(target(), layer, image), depthwise(layer, image))
