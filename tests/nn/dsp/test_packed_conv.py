"""The packed convolution against a plain one, over shapes around every boundary of its loops."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.compiler import packing
from ml.compiler.operators.convolution import Window
from ml.compiler.operators.packed import conv_overlap
from ml.compiler.plan import aligned
from tests.nn.dsp.kernels import CortexM4, Host, place_struct, struct
from tests.nn.dsp.plain import Layer, convolve

CONV = (
    "u16 in_h;u16 in_w;u16 in_c;u16 out_h;u16 out_w;u16 out_c;u16 kernel_h;u16 kernel_w;u16 stride_h;u16 stride_w;"
    "u16 dilation_h;u16 dilation_w;u16 pad_top;u16 pad_left;u16 pairs;s16 input_zero;s16 output_zero;s16 min;s16 max;"
    "ptr packed"
)


def call(target, layer: Layer, source: int, output: int) -> None:
    one_sided = layer.output_zero == -128
    rows = layer.weights.reshape(layer.out_c, layer.kernel_h, -1)
    packed = packing.pack(rows, layer.bias, layer.mantissas, layer.shifts, one_sided=one_sided)
    pairs = layer.kernel_h * len(packing.pair_order(rows.shape[2]))
    made = struct(target, CONV, pairs=pairs, packed=target.place(packed), **layer.geometry())
    scratch = target.place(np.zeros(8 * pairs + rows.shape[2], np.int8))
    target.call("nn_conv_2d_packed", place_struct(target, made), source, output, scratch)


def run(target, layer: Layer, image: np.ndarray) -> np.ndarray:
    output = target.place(np.full(layer.outputs + 8, 77, np.int8))
    call(target, layer, target.place(image), output)
    result = target.fetch(output, layer.outputs + 8)
    assert (result[layer.outputs :] == 77).all(), "wrote beyond its output"
    return result[: layer.outputs]


def run_overlapping(target, layer: Layer, image: np.ndarray) -> np.ndarray:
    """The output starts as near before the input as the compiler may place it."""
    shapes = [SimpleNamespace(shape=(1, *sides)) for sides in (image.shape, (layer.out_h, layer.out_w, layer.out_c))]
    walk = Window(
        (layer.kernel_h, layer.kernel_w), (layer.stride_h, layer.stride_w), (1, 1), (layer.pad_top, layer.pad_left)
    )
    distance = aligned(conv_overlap(SimpleNamespace(inputs=shapes[:1], output=shapes[1]), walk))
    place = target.place(np.zeros(distance + max(image.size, layer.outputs), np.int8))
    target.write(place + distance, image)
    call(target, layer, place + distance, place)
    return target.fetch(place, layer.outputs)


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("output_zero", [-128, 3])
@pytest.mark.parametrize("channels", [1, 3, 4, 5, 8])
def test_every_tap_count_around_the_unrolled_loop(target, output_zero, channels):
    machine = target()
    for depth in (*range(1, 9), *range(62, 71), *range(126, 133)):
        layer, image = Layer.random(depth, in_c=depth, out_c=channels, side=2, output_zero=output_zero)
        np.testing.assert_array_equal(run(machine, layer, image), convolve(layer, image), f"depth {depth}")


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), data=st.data())
def test_any_window_stride_dilation_and_padding(seed, data):
    layer, image = Layer.random(
        seed,
        in_c=data.draw(st.integers(1, 9)),
        out_c=data.draw(st.integers(1, 9)),
        side=data.draw(st.integers(1, 7)),
        kernel=(data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))),
        stride=(data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))),
        dilation=(data.draw(st.integers(1, 2)), data.draw(st.integers(1, 2))),
        same=data.draw(st.booleans()),
        output_zero=data.draw(st.sampled_from([-128, -5, 127])),
        clamp=data.draw(st.booleans()),
    )
    expected = convolve(layer, image)
    for target in (Host(), CortexM4()):
        np.testing.assert_array_equal(run(target, layer, image), expected)
        if layer.dilation_h == layer.dilation_w == 1:
            np.testing.assert_array_equal(run_overlapping(target, layer, image), expected, "overlapping")


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("stride", [(1, 1), (2, 1), (1, 2)])
@pytest.mark.parametrize("depth", [12, 16, 32, 48])
def test_neighbours_that_are_widened_together(target, stride, depth):
    """Channels a multiple of 16, side by side: windows of one and of several columns, odd and even rows of them."""
    machine = target()
    for seed, (kernel, side, same) in enumerate(
        (((1, 1), 5, False), ((3, 3), 5, True), ((3, 3), 6, True), ((2, 4), 7, False), ((1, 5), 3, True))
    ):
        made = Layer.random(seed, in_c=depth, out_c=5, side=side, height=4, kernel=kernel, stride=stride, same=same)
        layer, image = made
        np.testing.assert_array_equal(run(machine, layer, image), convolve(layer, image), f"{kernel} on {side}")
        np.testing.assert_array_equal(run_overlapping(machine, layer, image), convolve(layer, image), "overlapping")


@pytest.mark.parametrize("target", [Host, CortexM4])
def test_windows_at_the_edge_around_the_size_that_is_put_together_at_once(target):
    machine = target()
    for seed, (depth, kernel) in enumerate(
        ((1, (9, 7)), (1, (8, 8)), (1, (13, 5)), (3, (3, 7)), (2, (4, 8)), (6, (11, 1)))
    ):
        layer, image = Layer.random(seed + 1, in_c=depth, out_c=4, side=5, height=6, kernel=kernel, stride=(2, 2))
        np.testing.assert_array_equal(run(machine, layer, image), convolve(layer, image), f"{kernel} of {depth}")


def test_a_dead_channel_does_not_keep_a_layer_from_the_packed_kernel():
    """Half of a MobileNet's filters: weights whose scale is nothing, and a bias that no sum of 24 bits holds."""
    weights = np.array([[5, -3], [127, -127]], np.int8)
    bias, mantissas, shifts = np.array([7, -(1 << 30)]), np.array([1 << 30, 0]), np.array([-3, 0], np.int8)
    filters, *channels = packing.settle(weights, bias, mantissas, shifts, 0, 255)
    assert packing.pack(filters[:, None, :], *channels, one_sided=True) is not None
    np.testing.assert_array_equal(filters, [[5, -3], [0, 0]])
