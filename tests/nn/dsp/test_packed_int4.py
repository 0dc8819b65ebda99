"""Kernels on weights of four bits against plain ones, over sizes around every boundary of their loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.compiler import fixed_point, packing, packing_int4
from tests.nn.dsp.kernels import CortexM4, Host, place_struct, struct
from tests.nn.dsp.plain import Layer, convolve
from tests.nn.dsp.test_packed_conv import CONV

MATRIX = "u16 inputs;u16 outputs;s16 output_zero;s16 min;s16 max;s16 unused;ptr scales;ptr packed"


def four_bits(seed: int, **shape) -> tuple[Layer, np.ndarray]:
    """A layer with weights of -8..7, the extremes among them, and an image for it."""
    layer, image = Layer.random(seed, **shape)
    rng = np.random.default_rng(seed)
    layer.weights = rng.integers(-8, 8, layer.weights.shape).astype(np.int8)
    if seed % 3 == 0:
        layer.weights[:] = rng.choice([-8, 7], (layer.out_c, 1, 1, 1))
    per_channel = layer.weights.reshape(layer.out_c, -1).astype(np.int64)
    layer.bias = (rng.integers(-300, 300, layer.out_c) - layer.input_zero * per_channel.sum(axis=1)).astype(np.int32)
    reals = rng.uniform(0.3, 3, layer.out_c) / (5 * np.sqrt(per_channel.shape[1]) + 5)
    pairs = [fixed_point.multiplier(float(min(real, 0.4))) for real in reals]
    layer.mantissas = np.array([m for m, _ in pairs], np.int32)
    layer.shifts = np.array([s for _, s in pairs], np.int8)
    return layer, image


def convolution(target, layer: Layer, image: np.ndarray) -> np.ndarray:
    rows = layer.weights.reshape(layer.out_c, layer.kernel_h, -1)
    assert packing_int4.fault(rows, layer.bias, layer.mantissas, layer.shifts) == ""
    words = packing_int4.pack(rows, layer.bias, layer.mantissas, layer.shifts)
    pairs = layer.kernel_h * len(packing.pair_order(rows.shape[2]))
    made = struct(target, CONV, pairs=pairs, packed=target.place(words), **layer.geometry())
    scratch = target.place(np.zeros(8 * pairs + rows.shape[2], np.int8))
    output = target.place(np.full(layer.outputs + 8, 77, np.int8))
    target.call("nn_conv_2d_int4_packed", place_struct(target, made), target.place(image), output, scratch)
    return inside(target, output, layer.outputs)


def matrix(target, layer: Layer, vector: np.ndarray, shared: bool) -> np.ndarray:
    rows = layer.weights.reshape(layer.out_c, 1, -1)
    channels = (layer.bias, layer.mantissas, layer.shifts)
    assert packing_int4.fault(rows, *channels, smallest_shift=-3 if shared else 1) == ""
    words = packing_int4.pack(rows, *channels, scales=not shared)
    scales = target.place(packing_int4.shared_scales(layer.mantissas[0], layer.shifts[0])) if shared else 0
    numbers = {"inputs": layer.in_c, "outputs": layer.out_c, "output_zero": layer.output_zero}
    numbers |= {"min": layer.min, "max": layer.max, "scales": scales, "packed": target.place(words)}
    output = target.place(np.full(layer.outputs + 8, 77, np.int8))
    address = place_struct(target, struct(target, MATRIX, **numbers))
    target.call("nn_fully_connected_int4_packed", address, target.place(vector), output)
    return inside(target, output, layer.outputs)


def inside(target, output: int, count: int) -> np.ndarray:
    result = target.fetch(output, count + 8)
    assert (result[count:] == 77).all(), "wrote beyond its output"
    return result[:count]


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("output_zero", [-128, 3])
@pytest.mark.parametrize("channels", [1, 3, 4, 5, 8])
def test_every_tap_count_around_the_unrolled_loop(target, output_zero, channels):
    machine = target()
    for depth in (*range(1, 13), *range(62, 71), *range(126, 133)):
        layer, image = four_bits(depth, in_c=depth, out_c=channels, side=2, output_zero=output_zero)
        np.testing.assert_array_equal(convolution(machine, layer, image), convolve(layer, image), f"depth {depth}")


@pytest.mark.parametrize("target", [Host, CortexM4])
def test_the_most_taps_that_digits_hold(target):
    """At 500 taps of -8 and inputs of -128 the top digit's sum is next to its limit."""
    layer, image = four_bits(3, in_c=500, out_c=4, side=1)
    layer.weights[:], layer.bias[:], image[:] = -8, 0, -128
    layer.mantissas[:], layer.shifts[:] = 1 << 30, -12
    np.testing.assert_array_equal(convolution(target(), layer, image), convolve(layer, image))


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), data=st.data())
def test_any_window_stride_dilation_and_padding(seed, data):
    layer, image = four_bits(
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
        np.testing.assert_array_equal(convolution(target, layer, image), expected)


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("output_zero", [-128, 5])
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("outputs", [1, 3, 4, 5, 8])
def test_every_length_of_a_matrix_around_the_loop(target, output_zero, shared, outputs):
    machine = target()
    for inputs in (4, 8, 56, 60, 64, 68, 72, 124, 128, 132, 256):
        layer, vector = four_bits(
            inputs + outputs, in_c=inputs, out_c=outputs, side=1, output_zero=output_zero, clamp=outputs == 3
        )
        if shared:
            layer.mantissas[:], layer.shifts[:] = layer.mantissas[0], layer.shifts[0]
        got = matrix(machine, layer, vector, shared)
        np.testing.assert_array_equal(got, convolve(layer, vector), f"{inputs} inputs")


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("output_zero", [-128, 5])
@pytest.mark.parametrize("left", [0, 1, 3])
def test_a_matrix_whose_sums_are_not_shifted_to_the_right_rounds_once(target, output_zero, left):
    layer, vector = four_bits(1, in_c=4, out_c=4, side=1, output_zero=output_zero)
    layer.mantissas[:], layer.shifts[:] = (1 << 30) + 12345, left
    for seed in range(20):
        rng = np.random.default_rng(seed)
        layer.bias = (rng.integers(-400, 400, 4) >> left).astype(np.int32)
        vector[:] = rng.integers(-20, 20, vector.shape) >> left
        np.testing.assert_array_equal(matrix(target(), layer, vector, True), convolve(layer, vector))
