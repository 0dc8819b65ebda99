"""The sum of equal shapes, every pair of bytes, against the formula."""

import numpy as np
import pytest

from ml.compiler import fixed_point
from tests.nn.dsp.kernels import CortexM4, Host, place_struct, struct

FIELDS = (
    "u32 count;s16 large_zero;s16 small_zero;s16 output_zero;s16 small_shift;s16 output_shift;s32 small_up;"
    "s32 small_multiplier;s32 output_multiplier"
)


@pytest.mark.parametrize("target", [Host, CortexM4])
@pytest.mark.parametrize("ratio", [1.0, 0.999, 0.01])
@pytest.mark.parametrize(("output_scale", "output_zero"), [(0.3, -3), (3.7, -3), (0.3, -128)])
def test_every_pair_of_bytes(target, ratio, output_scale, output_zero):
    large, small = (v.ravel().astype(np.int8) for v in np.meshgrid(np.arange(-128, 128), np.arange(-128, 128)))
    (small_m, small_s), (out_m, out_s) = map(fixed_point.multiplier, (ratio / 2, 2 / ((1 << 20) * output_scale)))
    zeros = {"large_zero": -128, "small_zero": 17, "output_zero": output_zero}
    term = fixed_point.requantise((small.astype(np.int64) - 17) << 20, small_m, small_s)
    total = fixed_point.requantise(((large.astype(np.int64) + 128) << 19) + term, out_m, out_s) + output_zero
    machine = target()
    made = struct(
        machine, FIELDS, count=65536, small_shift=max(-small_s, 1), output_shift=-out_s,
        small_up=1 << (21 if small_s < 0 else 22), small_multiplier=small_m, output_multiplier=out_m, **zeros,
    )  # fmt: skip
    output = machine.place(np.zeros(65536, np.int8))
    machine.call("nn_add_equal", place_struct(machine, made), machine.place(large), machine.place(small), output)
    np.testing.assert_array_equal(machine.fetch(output, 65536), np.clip(total, -128, 127))
