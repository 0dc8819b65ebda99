"""Kernels on int16 activations against plain ones, over sizes around every boundary of their loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.compiler import fixed_point, packing, packing_int16
from tests.nn.dsp.kernels import CortexM4, Host, place_struct, struct
from tests.nn.dsp.plain import Layer, windows
from tests.nn.dsp.test_packed_conv import CONV
from tests.nn.dsp.test_packed_taps import FIELDS as TAPS

LIMITS = {"none": (-32768, 32767), "relu": (0, 32767), "relu6": (0, 9000), "clipped": (-7000, 9000)}
LARGEST = 65535  # magnitudes of weights that 32 bits hold


def random_layer(seed: int, *, activation: str = "none", steep: int = 0, **shape) -> tuple[Layer, np.ndarray]:
    """A layer with biases, multipliers of 16 bits and shifts, and an image for it. A `steep` one has larger scales."""
    layer, _ = Layer.random(seed, **shape)
    rng = np.random.default_rng(seed)
    layer.input_zero = layer.output_zero = 0
    layer.min, layer.max = LIMITS[activation]
    taps = layer.weights.size // layer.out_c
    layer.bias = rng.integers(-(2**24), 2**24, layer.out_c)
    layer.mantissas = rng.integers(16384, 32768, layer.out_c).astype(np.int32)
    layer.shifts = (21 - steep + np.ceil(np.log2(taps)) / 2 + rng.integers(0, 2, layer.out_c)).astype(np.int8)
    image = rng.integers(-32768, 32768, (layer.in_h, layer.in_w, layer.in_c)).astype(np.int16)
    if seed % 5 == 0:
        image[:] = rng.choice([-32768, 32767])
    return layer, image


def scaled(layer: Layer, sums: np.ndarray) -> np.ndarray:
    """As TensorFlow Lite Micro scales sums of 64 bits."""
    sums = sums.reshape(-1, layer.out_c) + layer.bias
    right = layer.shifts.astype(np.int64)
    return (
        np.clip((sums * layer.mantissas + (1 << (right - 1))) >> right, layer.min, layer.max).astype(np.int16).ravel()
    )


def convolve(layer: Layer, image: np.ndarray) -> np.ndarray:
    taps = windows(layer, image).reshape(layer.out_h * layer.out_w, -1)
    return scaled(layer, taps @ layer.weights.reshape(layer.out_c, -1).astype(np.int64).T)


def depthwise(layer: Layer, image: np.ndarray) -> np.ndarray:
    return scaled(layer, (windows(layer, image) * layer.weights.astype(np.int64)).sum(axis=(2, 3)))


def called(target, function: str, made, image: np.ndarray, outputs: int, *scratch: int) -> np.ndarray:
    output = target.place(np.full(outputs + 4, 77, np.int16))
    target.call(function, place_struct(target, made), target.place(image), output, *scratch)
    result = target.fetch(output, 2 * outputs + 8).view(np.int16)
    assert (result[outputs:] == 77).all(), "wrote beyond its output"
    return result[:outputs]


def convolution(target, layer: Layer, image: np.ndarray, wide: bool) -> np.ndarray:
    rows = layer.weights.reshape(layer.out_c, layer.kernel_h, -1)
    assert wide or packing_int16.narrow(rows.reshape(layer.out_c, -1), layer.bias, layer.shifts)
    words = packing_int16.pack(rows, layer.bias, layer.mantissas, layer.shifts, wide=wide)
    pairs = layer.kernel_h * packing_int16.pairs(rows.shape[2])
    made = struct(target, CONV, pairs=pairs, packed=target.place(words), **layer.geometry())
    scratch = target.place(np.zeros(8 * pairs + 2 * rows.shape[2], np.int8))
    function = "nn_conv_2d_int16_wide_packed" if wide else "nn_conv_2d_int16_packed"
    return called(target, function, made, image, layer.outputs, scratch)


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("activation", LIMITS)
@pytest.mark.parametrize("channels", [1, 3, 4, 5])
def test_every_tap_count_around_the_unrolled_loop(target, activation, channels):
    machine = target()
    for depth in (*range(1, 7), *range(31, 37), *range(63, 68)):
        layer, image = random_layer(depth, activation=activation, in_c=depth, out_c=channels, side=2)
        expected = convolve(layer, image)
        np.testing.assert_array_equal(convolution(machine, layer, image, False), expected, f"depth {depth}")
        np.testing.assert_array_equal(convolution(machine, layer, image, True), expected, f"depth {depth}, 64 bits")


@pytest.mark.parametrize("target", [Host, CortexM4])
def test_the_largest_sums_that_32_bits_hold(target):
    layer, image = random_layer(1, in_c=520, out_c=4, side=1)
    layer.weights[:], layer.bias[:], image[:] = 0, 32767, -32768
    layer.weights.reshape(4, -1)[:, :516] = 127
    layer.weights.reshape(4, -1)[:, 516] = 2
    assert np.abs(layer.weights.reshape(4, -1).astype(int)).sum(axis=1).max() == LARGEST - 1
    for weights, inputs in ((1, -32768), (-1, -32768), (1, 32767)):
        layer.weights[:] = weights * np.abs(layer.weights)
        image[:] = inputs
        np.testing.assert_array_equal(convolution(target(), layer, image, False), convolve(layer, image))
    layer.weights.reshape(4, -1)[:, 517] = 3
    assert not packing_int16.narrow(layer.weights.reshape(4, -1), layer.bias, layer.shifts)
    np.testing.assert_array_equal(convolution(target(), layer, image, True), convolve(layer, image))


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("shift", [17, 18, 40, 46])
def test_shifts_at_both_ends(target, shift):
    layer, image = random_layer(2, in_c=6, out_c=4, side=3)
    layer.shifts[:] = shift
    for wide in (False, True):
        np.testing.assert_array_equal(convolution(target(), layer, image, wide), convolve(layer, image))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), data=st.data())
def test_any_window_stride_dilation_and_padding(seed, data):
    shape = {
        "side": data.draw(st.integers(1, 7)),
        "kernel": (data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))),
        "stride": (data.draw(st.integers(1, 3)), data.draw(st.integers(1, 3))),
        "dilation": (data.draw(st.integers(1, 2)), data.draw(st.integers(1, 2))),
        "same": data.draw(st.booleans()),
        "activation": data.draw(st.sampled_from(list(LIMITS))),
    }
    depths = {"in_c": data.draw(st.integers(1, 9)), "out_c": data.draw(st.integers(1, 9))}
    layer, image = random_layer(seed, **depths, **shape)
    apart, pixels = random_layer(seed, in_c=8, out_c=8, depthwise=True, **shape)
    for target in (Host(), CortexM4()):
        for wide in (False, True):
            np.testing.assert_array_equal(convolution(target, layer, image, wide), convolve(layer, image))
        np.testing.assert_array_equal(by_channel(target, apart, pixels), depthwise(apart, pixels))


def by_channel(target, layer: Layer, image: np.ndarray) -> np.ndarray:
    words = packing_int16.pack_taps(layer.weights, layer.bias, layer.mantissas, layer.shifts)
    numbers = packing.taps(layer.geometry())
    numbers |= {name: 2 * step for name, step in numbers.items() if name.endswith("_step")}
    made = struct(target, TAPS, packed=target.place(words), **numbers)
    return called(target, "nn_depthwise_int16_packed", made, image, layer.outputs)


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("activation", LIMITS)
@pytest.mark.parametrize("upright", [True, False])
def test_every_length_of_a_depthwise_window(target, activation, upright):
    machine = target()
    for taps in range(1, 18):
        kernel = (taps, 1) if upright else (1, taps)
        shape = {"in_c": 4, "out_c": 4, "side": 5, "height": 18, "kernel": kernel, "same": taps % 2 == 0}
        layer, image = random_layer(taps, activation=activation, depthwise=True, **shape)
        np.testing.assert_array_equal(by_channel(machine, layer, image), depthwise(layer, image), f"{taps} taps")


@pytest.mark.parametrize("target", [Host, CortexM4])
def test_a_depthwise_window_that_meets_nothing_but_padding_gives_its_bias(target):
    layer, image = random_layer(4, in_c=4, out_c=4, side=3, kernel=(2, 2), depthwise=True)
    layer.pad_top = layer.pad_left = 4
    np.testing.assert_array_equal(by_channel(target(), layer, image), depthwise(layer, image))


MATRIX = "u16 inputs;u16 outputs;s16 min;s16 max;ptr packed"


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("activation", LIMITS)
@pytest.mark.parametrize("outputs", [1, 3, 4, 5, 8])
def test_every_length_of_a_matrix_around_the_loop(target, activation, outputs):
    machine = target()
    for inputs in (2, 4, 28, 30, 32, 34, 36, 62, 64, 66):
        layer, vector = random_layer(inputs, activation=activation, in_c=inputs, out_c=outputs, side=1)
        rows = layer.weights.reshape(outputs, 1, -1)
        words = packing_int16.pack(rows, layer.bias, layer.mantissas, layer.shifts, wide=False)
        numbers = {"inputs": inputs, "outputs": outputs, "min": layer.min, "max": layer.max}
        made = struct(machine, MATRIX, packed=machine.place(words), **numbers)
        got = called(machine, "nn_fully_connected_int16_packed", made, vector, outputs)
        np.testing.assert_array_equal(got, convolve(layer, vector), f"{inputs} inputs")


ADD = "u32 count;s16 small_shift;s16 output_shift;s16 min;s16 max;s32 small_multiplier;s32 output_multiplier"


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("activation", LIMITS)
@pytest.mark.parametrize("ratio", [1.0, 0.999, 0.5, 0.3, 0.001])
def test_sums_of_every_pair_of_extremes(target, activation, ratio):
    rng = np.random.default_rng(3)
    ends = np.array([-32768, -32767, -1, 0, 1, 32766, 32767])
    large, small = (
        np.concatenate([grid.ravel(), rng.integers(-32768, 32768, 100)]) for grid in np.meshgrid(ends, ends)
    )
    mantissa, shift = fixed_point.multiplier(ratio / 2)
    out_mantissa, out_shift = fixed_point.multiplier(2 / 32768 * 0.7)
    low, high = LIMITS[activation]
    numbers = {"count": len(large), "small_shift": -shift, "output_shift": -out_shift, "min": low, "max": high}
    machine = target()
    made = struct(machine, ADD, small_multiplier=mantissa, output_multiplier=out_mantissa, **numbers)
    output = machine.place(np.zeros(len(large), np.int16))
    places = [machine.place(side.astype(np.int16)) for side in (large, small)]
    machine.call("nn_add_equal_int16", place_struct(machine, made), *places, output)
    terms = [fixed_point.requantise(large << 15, 1 << 30, 0), fixed_point.requantise(small << 15, mantissa, shift)]
    expected = np.clip(fixed_point.requantise(sum(terms), out_mantissa, out_shift), low, high)
    np.testing.assert_array_equal(machine.fetch(output, 2 * len(large)).view(np.int16), expected)


POOL = (
    "u16 in_h;u16 in_w;u16 in_c;u16 out_h;u16 out_w;u16 out_c;u16 kernel_h;u16 kernel_w;u16 stride_h;u16 stride_w;"
    "u16 pad_top;u16 pad_left;u16 batches;s16 min;s16 max"
)


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("kind", ["max", "average"])
def test_pooling_is_as_the_reference_kernel(target, kind):
    machine = target()
    rng = np.random.default_rng(1)
    for channels in range(1, 10):
        image = rng.integers(-32768, 32768, (2, 5, 7, channels)).astype(np.int16)
        sides = {"in_h": 5, "in_w": 7, "in_c": channels, "out_h": 3, "out_w": 4, "out_c": channels, "batches": 2}
        walk = {"kernel_h": 3, "kernel_w": 2, "stride_h": 2, "stride_w": 2, "pad_top": 1, "pad_left": 1}
        made = struct(machine, POOL, min=-9000, max=20000, **sides, **walk)
        functions = [f"nn_{kind}_pool_int16", f"nn_{kind}_pool_int16_packed"]
        plain, packed = (called(machine, function, made, image, 24 * channels) for function in functions)
        np.testing.assert_array_equal(packed, plain, f"{channels} channels")
