"""Sums that land next to a rounding boundary: where another rounding or precision shows."""

import numpy as np
import pytest

from tests.compiler.builder import Builder
from tests.compiler.parity import assert_same_as_tflm, needs_tflm

CHANNELS = 2800


def sums_near_ties(real: float) -> np.ndarray:
    """int32 [CHANNELS]: sums whose scaled value is within a few steps of a half."""
    halves = np.round((np.arange(-127, 127) + 0.5) / real).astype(np.int64)
    near = np.unique((halves[:, None] + np.arange(-5, 6)).reshape(-1))
    near = near[np.abs(near) < 1 << 30]
    return np.resize(near, CHANNELS).astype(np.int32)


@needs_tflm
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", ["FULLY_CONNECTED", "FULLY_CONNECTED per channel", "CONV_2D", "DEPTHWISE_CONV_2D"])
def test_sums_near_a_tie_round_as_in_tflm(kind, seed):
    chance = np.random.default_rng(seed)
    scale, weight_scale, out_scale = np.exp(chance.uniform(np.log(2e-4), np.log(1e-2), 3)).astype(np.float32)
    out_scale *= np.float32(10)
    bias = sums_near_ties(float(scale) * float(weight_scale) / float(out_scale))
    b = Builder()
    per_channel = kind != "FULLY_CONNECTED"
    kind = kind.split()[0]
    image = kind != "FULLY_CONNECTED"
    depthwise = kind == "DEPTHWISE_CONV_2D"
    x = b.tensor((1, 1, 1, 1) if image else (1, 1), scale=scale, zero=0)
    shape = (1, 1, 1, CHANNELS) if depthwise else (CHANNELS, 1, 1, 1) if image else (CHANNELS, 1)
    scales = np.full(CHANNELS if per_channel else 1, weight_scale)
    w = b.const(np.ones(shape, np.int8), scales=scales, axis=3 if depthwise else 0)
    bias = b.const(bias, scales=scales * scale)
    y = b.tensor((1, 1, 1, CHANNELS) if image else (1, CHANNELS), scale=out_scale, zero=0)
    options = {"padding": 1, "stride_width": 1, "stride_height": 1} if image else {}
    b.op(kind, [x, w, bias], [y], **options, **({"depth_multiplier": CHANNELS} if depthwise else {}))
    assert_same_as_tflm(b.model([x], [y]), count=3)
