"""Depthwise kernels with several output channels an input channel against a plain one: sides around the unrolled loops,
output channels around blocks of four."""

import numpy as np
import pytest

from ml.compiler import packing
from ml.compiler.operators.packed_multiplied import pack_groups
from tests.nn.dsp.kernels import CortexM4, Host, place_struct, struct
from tests.nn.dsp.plain import Layer, depthwise
from tests.nn.dsp.test_packed_conv import CONV
from tests.nn.dsp.test_packed_depthwise import FIELDS


def fetched(target, layer: Layer, name: str, made, image: np.ndarray, scratch: int) -> np.ndarray:
    """The output of a kernel that must not write beyond it."""
    output = target.place(np.full(layer.outputs + 8, 77, np.int8))
    scratch = target.place(np.full(scratch, -99, np.int8))
    target.call(name, place_struct(target, made), target.place(image), output, scratch)
    result = target.fetch(output, layer.outputs + 8)
    assert (result[layer.outputs :] == 77).all(), "wrote beyond its output"
    return result[: layer.outputs]


def run_3x3(target, layer: Layer, image: np.ndarray, turned: bool) -> np.ndarray:
    whole = packing.depthwise_3x3(layer.geometry(), turned)
    four = packing.depthwise_3x3(layer.geometry() | {"out_c": 4}, turned)
    four |= {step: whole[step] for step in ("out_row_step", "out_column_step")}
    packed = packing.pack_depthwise_3x3(layer.weights, layer.bias, layer.mantissas, layer.shifts, turned=turned)
    made = struct(
        target,
        FIELDS + ";u16 in_c;u16 multiplier",
        packed=target.place(packed),
        in_c=layer.in_c,
        multiplier=layer.out_c // layer.in_c,
        **four,
    )
    scratch = 4 * layer.in_h * layer.in_w + packing.depthwise_scratch(four["pairs"])
    return fetched(target, layer, "nn_depthwise_multiplied_3x3_packed", made, image, scratch)


def run_any(target, layer: Layer, image: np.ndarray, group: int) -> np.ndarray:
    multiplier = layer.out_c // layer.in_c
    scales = layer.bias, layer.mantissas, layer.shifts
    one_sided = layer.output_zero == -128
    words = pack_groups(np.moveaxis(layer.weights, 2, 0), scales, group, multiplier, one_sided=one_sided)
    pairs = layer.kernel_h * len(packing.pair_order(layer.kernel_w * group))
    read = {
        "in_h": (layer.out_h - 1) * layer.stride_h + (layer.kernel_h - 1) * layer.dilation_h + 1,
        "in_w": (layer.out_w - 1) * layer.stride_w + (layer.kernel_w - 1) * layer.dilation_w + 1,
    }
    made = struct(
        target,
        CONV + ";u16 height;u16 width;u16 channels;u16 top;u16 left;u16 words",
        pairs=pairs,
        packed=target.place(words.ravel()),
        **dict(height=layer.in_h, width=layer.in_w, channels=layer.in_c, words=words.shape[1]),
        **dict(top=layer.pad_top, left=layer.pad_left),
        **layer.geometry() | read | {"in_c": group, "out_c": group * multiplier, "pad_top": 0, "pad_left": 0},
    )
    scratch = -(-read["in_h"] * read["in_w"] * group // 4) * 4 + 8 * pairs + layer.kernel_w * group
    return fetched(target, layer, "nn_depthwise_multiplied_packed", made, image, scratch)


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("in_c, multiplier", [(2, 2), (4, 3), (1, 8), (3, 4)])
def test_3x3_at_sides_around_a_turn_and_a_strip(target, stride, in_c, multiplier):
    machine = target()
    for h, w, same in [(3, 5, False), (4, 8, True), (9, 4, True), (7, 6, False), (8, 7, True), (1, 4, True)]:
        layer, image = Layer.random(
            h * 100 + w, in_c=in_c, out_c=in_c * multiplier, side=w, height=h, kernel=(3, 3), stride=(stride, stride),
            same=same, depthwise=True, clamp=h == 4,
        )  # fmt: skip
        for turned in (False, True):
            made = run_3x3(machine, layer, image, turned)
            np.testing.assert_array_equal(made, depthwise(layer, image), f"{h}x{w} turned {turned}")


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("in_c, multiplier, group", [(4, 2, 2), (3, 3, 1), (1, 4, 1), (4, 2, 4), (2, 8, 1), (2, 9, 2)])
def test_any_window_with_channels_around_blocks_of_four(target, in_c, multiplier, group):
    machine = target()
    windows = [((1, 1), (1, 1)), ((2, 3), (2, 1)), ((4, 5), (1, 2)), ((10, 8), (2, 2)), ((1, 7), (1, 1))]
    for number, (kernel, stride) in enumerate(windows):
        for output_zero in (-128, 3):
            layer, image = Layer.random(
                number, in_c=in_c, out_c=in_c * multiplier, side=7, height=9 + kernel[0], kernel=kernel, stride=stride,
                dilation=(1, 1 + number % 2), depthwise=True, output_zero=output_zero, clamp=number == 2,
            )  # fmt: skip
            made = run_any(machine, layer, image, group)
            np.testing.assert_array_equal(made, depthwise(layer, image), f"{kernel} to {output_zero}")
