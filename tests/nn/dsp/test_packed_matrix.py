"""The packed matrix product against a plain one, over sizes around its sixteenfold loop."""

import numpy as np
import pytest

from ml.compiler import packing
from tests.nn.dsp.kernels import CortexM4, Host, place_struct, struct
from tests.nn.dsp.plain import Layer, convolve

FIELDS = "u16 inputs;u16 outputs;s16 output_zero;s16 min;s16 max;s16 shift;s32 multiplier;ptr packed"


def run(target, layer: Layer, vector: np.ndarray, shared: bool) -> np.ndarray:
    """`shared`: one scale for all outputs, that of the first."""
    rows = layer.weights.reshape(layer.out_c, 1, -1)
    words = packing.pack(rows, layer.bias, layer.mantissas, layer.shifts, one_sided=False, scales=not shared)
    scale = {"multiplier": int(layer.mantissas[0]), "shift": -int(layer.shifts[0])} if shared else {}
    numbers = {"inputs": layer.in_c, "outputs": layer.out_c}
    numbers |= {"output_zero": layer.output_zero, "min": layer.min, "max": layer.max}
    made = struct(target, FIELDS, packed=target.place(words), **scale, **numbers)
    output = target.place(np.full(layer.outputs + 8, 77, np.int8))
    target.call("nn_fully_connected_packed", place_struct(target, made), target.place(vector), output)
    result = target.fetch(output, layer.outputs + 8)
    assert (result[layer.outputs :] == 77).all(), "wrote beyond its output"
    return result[: layer.outputs]


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("output_zero", [-128, 5])
@pytest.mark.parametrize("outputs", [1, 3, 4, 5, 8, 9])
@pytest.mark.parametrize("shared", [True, False])
def test_every_length_around_the_loop(target, output_zero, outputs, shared):
    machine = target()
    for inputs in (4, 8, 56, 60, 64, 68, 72, 124, 128, 132, 256):
        layer, vector = Layer.random(
            inputs + outputs, in_c=inputs, out_c=outputs, side=1, output_zero=output_zero, clamp=outputs == 3
        )
        if shared:
            layer.mantissas[:], layer.shifts[:] = layer.mantissas[0], layer.shifts[0]
        np.testing.assert_array_equal(run(machine, layer, vector, shared), convolve(layer, vector), f"{inputs} inputs")
