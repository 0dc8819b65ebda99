"""The average over a whole image, rounded half away from zero, around four channels a loop."""

import numpy as np
import pytest

from tests.nn.dsp.kernels import CortexM4, Host, place_struct, struct

FIELDS = (
    "u16 in_h;u16 in_w;u16 in_c;u16 out_h;u16 out_w;u16 out_c;u16 kernel_h;u16 kernel_w;u16 stride_h;u16 stride_w;"
    "u16 pad_top;u16 pad_left;u16 batches;s16 min;s16 max"
)


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("channels", [1, 3, 4, 5, 8])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 2), (3, 5), (15, 17), (16, 16), (3, 257)])
def test_every_channel_count_and_rounding(target, channels, height, width):
    machine = target()
    chance = np.random.default_rng(channels * 100 + width)
    images = chance.integers(-128, 128, (2, height, width, channels)).astype(np.int8)
    images[1] //= 64  # sums near 0, halves among them
    images[0, ..., 0] = -128  # the largest sum
    made = struct(
        machine, FIELDS, in_h=height, in_w=width, in_c=channels, out_h=1, out_w=1, out_c=channels, kernel_h=height,
        kernel_w=width, stride_h=1, stride_w=1, batches=2, min=-100, max=90,
    )  # fmt: skip
    output = machine.place(np.full(2 * channels + 4, 77, np.int8))
    machine.call("nn_average_pool_all", place_struct(machine, made), machine.place(images), output)
    sums, count = images.astype(np.int64).sum(axis=(1, 2)), height * width
    expected = np.clip(np.sign(sums) * ((2 * np.abs(sums) + count) // (2 * count)), -100, 90)
    result = machine.fetch(output, 2 * channels + 4)
    np.testing.assert_array_equal(result[: 2 * channels], expected.ravel())
    assert (result[2 * channels :] == 77).all(), "wrote beyond its output"
