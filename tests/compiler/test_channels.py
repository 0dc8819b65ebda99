"""Constant channels are left out where nothing changes but the size."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.compiler.compile import prepare
from tests.compiler.builder import Builder
from tests.compiler.parity import assert_same_as_tflm, needs_tflm


def chain(seed: int, dead: int, *, bias: int = 0, kernel: int = 1, with_add: bool = False) -> bytes:
    """1x1 convolution with dead filters, 3x3 depthwise, kernel x kernel convolution, average, matrix."""
    chance = np.random.default_rng(seed)

    def weights(*shape):
        return chance.integers(-127, 128, shape).astype(np.int8)

    b = Builder()
    image = b.tensor((1, 6, 5, 3), scale=0.1, zero=4)
    first, deep, last = (b.tensor((1, 6, 5, c), scale=0.2, zero=-128) for c in (16, 16, 8))
    filters, offsets = weights(16, 1, 1, 3), chance.integers(-200, 800, 16).astype(np.int32)
    filters[chance.permutation(16)[:dead]] = 0
    offsets[~filters.any(axis=(1, 2, 3))] += bias
    scales = np.full(16, 0.003)
    same = {"padding": 0, "activation": "relu", "stride_height": 1, "stride_width": 1}
    wide = {**same, "depth_multiplier": 1}
    b.op("CONV_2D", [image, b.const(filters, scales=scales), b.const(offsets)], [first], **same)
    windows = b.const(weights(1, 3, 3, 16), scales=np.full(16, 0.004), axis=3)
    b.op("DEPTHWISE_CONV_2D", [first, windows, b.const(np.zeros(16, np.int32))], [deep], **wide)
    if with_add:
        total = b.tensor((1, 6, 5, 16), scale=0.3, zero=-128)
        b.op("ADD", [deep, first], [total])
        deep = total
    mixer = b.const(weights(8, kernel, kernel, 16), scales=np.full(8, 0.002))
    b.op("CONV_2D", [deep, mixer, b.const(np.arange(8, dtype=np.int32))], [last], **same)
    pooled, result = b.tensor((1, 1, 1, 8), scale=0.2, zero=-128), b.tensor((1, 3), scale=0.5, zero=1)
    b.op(
        "AVERAGE_POOL_2D", [last], [pooled], padding=1, kernel_height=6, kernel_width=5, stride_height=1, stride_width=1
    )
    b.op("FULLY_CONNECTED", [pooled, b.const(weights(3, 8), scales=0.01), b.const(np.zeros(3, np.int32))], [result])
    return b.model([image], [result])


def channels(tflite: bytes) -> list[int]:
    return [op.output.shape[-1] for op in prepare(tflite, "model").graph.ops]


def test_dead_filters_and_what_only_they_feed_are_left_out():
    assert channels(chain(1, dead=0))[:2] == [16, 16]
    assert channels(chain(1, dead=8, bias=-5000))[:2] == [8, 8]


def test_what_remains_is_filled_up_to_four_channels():
    assert channels(chain(1, dead=5, bias=-5000))[:2] == [12, 12]


def test_a_reader_that_needs_all_channels_keeps_them():
    assert channels(chain(1, dead=8, bias=-5000, with_add=True))[:2] == [16, 16]


def test_the_output_of_the_model_keeps_its_channels():
    b = Builder()
    image, out = b.tensor((1, 4, 4, 3), scale=0.1, zero=0), b.tensor((1, 4, 4, 8), scale=0.2, zero=-128)
    filters = b.const(np.zeros((8, 1, 1, 3), np.int8), scales=np.full(8, 0.01))
    stride = {"padding": 0, "stride_height": 1, "stride_width": 1}
    b.op("CONV_2D", [image, filters, b.const(np.arange(8, dtype=np.int32))], [out], **stride)
    assert channels(b.model([image], [out])) == [8]


@needs_tflm
@settings(max_examples=12)
@given(
    seed=st.integers(0, 1000),
    dead=st.integers(0, 16),
    bias=st.sampled_from([-5000, 0, 3000, 1 << 30, -(1 << 30)]),
    kernel=st.sampled_from([1, 3]),
)
def test_every_layer_that_remains_equals_tflm(seed, dead, bias, kernel):
    assert_same_as_tflm(chain(seed, dead, bias=bias, kernel=kernel), count=2)
