"""The packed depthwise kernel for windows along one axis against a plain one."""

from itertools import product

import numpy as np
import pytest

from ml.compiler import packing
from ml.compiler.predict import Layer as Sketched
from ml.compiler.predict import Network, predict
from tests.nn.dsp.kernels import CortexM4, Host, place_struct, struct
from tests.nn.dsp.plain import Layer, depthwise

FIELDS = (
    "u16 lines;u16 in_length;u16 out_length;u16 channels;u16 taps;u16 pad;s16 input_zero;s16 output_zero;s16 min;"
    "s16 max;u32 in_step;u32 out_step;u32 in_line;u32 out_line;ptr packed"
)


def call(target, layer: Layer, numbers: dict, source: int, output: int) -> None:
    taps = layer.weights.reshape(-1, layer.out_c).T
    words = packing.pack_line(taps, layer.bias, layer.mantissas, layer.shifts)
    made = struct(target, FIELDS, packed=target.place(words), **numbers)
    size = packing.line_scratch(numbers)
    scratch = target.place(np.full(size + 4, 77, np.int8))
    target.call("nn_depthwise_line_packed", place_struct(target, made), source, output, scratch)
    assert (target.fetch(scratch + size, 4) == 77).all(), "wrote beyond its scratch memory"


def check(target, layer: Layer, image: np.ndarray, case) -> None:
    numbers = packing.line(layer.geometry())
    assert numbers is not None, case
    expected = depthwise(layer, image)
    output = target.place(np.full(layer.outputs + 8, 77, np.int8))
    call(target, layer, numbers, target.place(image), output)
    result = target.fetch(output, layer.outputs + 8)
    np.testing.assert_array_equal(result[: layer.outputs], expected, f"{case}")
    assert (result[layer.outputs :] == 77).all(), "wrote beyond its output"
    if packing.line_in_place(numbers):
        place = target.place(image)
        call(target, layer, numbers, place, place)
        np.testing.assert_array_equal(target.fetch(place, layer.outputs), expected, f"{case} in place")


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("output_zero", [-128, -5])
def test_every_length_of_a_window_and_of_a_line(target, output_zero):
    machine = target()
    for taps, more in product(range(2, packing.LINE_TAPS + 1), range(5)):
        layer, image = Layer.random(
            16 * taps + more, in_c=4, out_c=4, side=1, height=taps + more, kernel=(taps, 1), same=more == 4,
            output_zero=output_zero, depthwise=True,
        )  # fmt: skip
        check(machine, layer, image, (taps, more))


@pytest.mark.parametrize("target", [Host, CortexM4])
def test_rows_and_columns_of_an_image(target):
    machine = target()
    for seed, (upright, same, clamp, across) in enumerate(product((True, False), (True, False), (True, False), (1, 2))):
        layer, image = Layer.random(
            seed, in_c=8, out_c=8, side=6, height=5, kernel=(4, 1) if upright else (1, 3),
            stride=(1, across) if upright else (across, 1), same=same, clamp=clamp, depthwise=True,
        )  # fmt: skip
        check(machine, layer, image, (upright, same, clamp, across))


@pytest.mark.parametrize(
    ("kernel", "stride", "dilation"), [((3, 3), 1, 1), ((5, 1), 2, 1), ((5, 1), 1, 2), ((16, 1), 1, 1)]
)
def test_other_windows_are_left_to_other_kernels(kernel, stride, dilation):
    layer, _ = Layer.random(
        1, in_c=4, out_c=4, side=20, kernel=kernel, stride=(stride, 1), dilation=(dilation, 1), depthwise=True
    )  # fmt: skip
    assert packing.line(layer.geometry()) is None


@pytest.mark.parametrize(("outputs", "kernel"), [(31, "nn_depthwise_packed"), (32, "nn_depthwise_line_packed")])
def test_lines_are_worth_it_from_32_outputs(outputs, kernel):
    network = Network((outputs + 2, 1, 8), (Sketched("depthwise", kernel=(3, 1), padding="valid"),))
    assert [layer.kernel for layer in predict(network).layers] == [kernel]
