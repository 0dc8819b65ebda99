"""Pooling, means and softmax give TensorFlow Lite Micro's bytes."""

import itertools

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.compiler import strategies as draw_from
from tests.compiler.builder import Builder
from tests.compiler.parity import assert_same_as_tflm, needs_tflm

pytestmark = needs_tflm


@settings(max_examples=20)
@given(
    st.sampled_from(["MAX_POOL_2D", "AVERAGE_POOL_2D"]),
    st.tuples(st.integers(1, 2), st.integers(1, 9), st.integers(1, 9), st.integers(1, 6)),
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.integers(0, 1),
    draw_from.scales,
    draw_from.zeros,
    draw_from.activations,
)
def test_pooling_equals_tflm(kind, shape, kernel, stride, padding, scale, zero, activation):
    sides = [draw_from.output_side(shape[1 + i], kernel[i], stride[i], 1, padding) for i in (0, 1)]
    assume(min(sides) > 0)
    b = Builder()
    x = b.tensor(shape, scale=scale, zero=zero)
    y = b.tensor((shape[0], *sides, shape[3]), scale=scale, zero=zero)
    b.op(
        kind, [x], [y], padding=padding, stride_height=stride[0], stride_width=stride[1], kernel_height=kernel[0],
        kernel_width=kernel[1], activation=activation,
    )  # fmt: skip
    assert_same_as_tflm(b.model([x], [y]), count=1)


AXES = [axes for n in (1, 2, 3, 4) for axes in itertools.combinations(range(4), n)]


@settings(max_examples=20)
@given(
    st.tuples(*[st.integers(1, 6)] * 4),
    st.sampled_from(AXES),
    st.booleans(),
    draw_from.scales,
    draw_from.zeros,
    draw_from.scales,
    draw_from.zeros,
)
def test_mean_equals_tflm(shape, axes, keep, scale, zero, out_scale, out_zero):
    b = Builder()
    x = b.tensor(shape, scale=scale, zero=zero)
    axis = b.const(np.array([a - 4 * (a % 2) for a in axes], np.int32))
    kept = [1 if a in axes else side for a, side in enumerate(shape) if keep or a not in axes]
    y = b.tensor(kept, scale=out_scale, zero=out_zero)
    b.op("MEAN", [x, axis], [y], keep_dims=keep)
    assert_same_as_tflm(b.model([x], [y]), count=1)


@settings(max_examples=10)
@given(st.tuples(*[st.integers(1, 6)] * 4), st.sampled_from(AXES), st.booleans(), draw_from.scales, draw_from.zeros)
def test_the_largest_value_equals_tflm(shape, axes, keep, scale, zero):
    b = Builder()
    x = b.tensor(shape, scale=scale, zero=zero)
    kept = [1 if a in axes else side for a, side in enumerate(shape) if keep or a not in axes]
    y = b.tensor(kept, scale=scale, zero=zero)
    b.op("REDUCE_MAX", [x, b.const(np.array(axes, np.int32))], [y], keep_dims=keep)
    assert_same_as_tflm(b.model([x], [y]), count=1)


@settings(max_examples=12)
@given(
    st.integers(1, 3),
    st.integers(1, 30),
    st.floats(1e-4, 20).map(np.float32),
    draw_from.zeros,
    st.sampled_from([1.0, 0.3, 4.0]),
)
def test_softmax_equals_tflm(rows, depth, scale, zero, beta):
    b = Builder()
    x = b.tensor((rows, depth), scale=scale, zero=zero)
    y = b.tensor((rows, depth), scale=1 / 256, zero=-128)
    b.op("SOFTMAX", [x], [y], beta=beta)
    assert_same_as_tflm(b.model([x], [y]), count=4)
