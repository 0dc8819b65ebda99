"""Operators on two tensors give TensorFlow Lite Micro's bytes, with and without broadcasting."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.compiler import tflm
from tests.compiler import strategies as draw_from
from tests.compiler.builder import Builder
from tests.compiler.parity import assert_same_as_tflm, host_model, needs_tflm

pytestmark = needs_tflm


@st.composite
def broadcast_shapes(draw):
    """(shape of a, shape of b, shape of the output), up to four sides."""
    rank = draw(st.integers(1, 4))
    output = [draw(st.integers(1, 5)) for _ in range(rank)]
    a = [side if draw(st.integers(0, 3)) else 1 for side in output]
    b = [side if draw(st.integers(0, 3)) or a[i] == 1 else 1 for i, side in enumerate(output)]
    shorter = draw(st.integers(0, rank - 1))
    if all(side == 1 for side in b[:shorter]):
        b = b[shorter:]
    made = np.broadcast_shapes(tuple(a), tuple(b))
    return tuple(a), tuple(b), made


def model(kind, shapes, tensors, constant, seed, **options):
    """x of a's shape, and b constant (or x itself where the shapes are equal and b is not constant)."""
    (a_scale, a_zero), (b_scale, b_zero), (scale, zero) = tensors
    b = Builder()
    x = b.tensor(shapes[0], scale=a_scale, zero=a_zero)
    second = b.const(draw_from.weights(seed, shapes[1]), scales=[b_scale], zeros=[b_zero])
    y = b.tensor(shapes[2], scale=scale, zero=zero)
    b.op(kind, [second, x] if constant else [x, second], [y], **options)
    return b.model([x], [y])


quantised = st.tuples(draw_from.scales, draw_from.zeros)


@settings(max_examples=20)
@given(
    st.sampled_from(["ADD", "SUB", "MUL"]),
    broadcast_shapes(),
    st.tuples(quantised, quantised, quantised),
    st.booleans(),
    draw_from.seeds,
    draw_from.activations,
)
def test_arithmetic_equals_tflm(kind, shapes, tensors, swapped, seed, activation):
    assert_same_as_tflm(model(kind, shapes, tensors, swapped, seed, activation=activation), count=2)


@settings(max_examples=12)
@given(st.sampled_from(["MAXIMUM", "MINIMUM"]), broadcast_shapes(), quantised, st.booleans(), draw_from.seeds)
def test_maximum_and_minimum_equal_tflm(kind, shapes, tensor, swapped, seed):
    assert_same_as_tflm(model(kind, shapes, (tensor,) * 3, swapped, seed), count=2)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("kind", ["ADD", "SUB", "MUL"])
def test_all_pairs_of_values_equal_tflm(kind, seed):
    """All 65,536 pairs: where the precision of a multiplier shows."""
    chance = np.random.default_rng(seed)
    scales = np.exp(chance.uniform(np.log(1e-3), np.log(0.5), 3)).astype(np.float32)
    zeros = chance.integers(-128, 128, 3).tolist()
    values = np.arange(-128, 128, dtype=np.int8)
    b = Builder()
    x = b.tensor((1, 256), scale=scales[0], zero=zeros[0])
    second = b.const(values.reshape(256, 1), scales=[scales[1]], zeros=[zeros[1]])
    y = b.tensor((256, 256), scale=scales[2] * np.float32(2), zero=zeros[2])
    b.op(kind, [x, second], [y])
    made = b.model([x], [y])
    expected = np.frombuffer(tflm.Reference(made).run(values)[y], np.int8)
    with host_model(made) as (_, host):
        np.testing.assert_array_equal(host.run(values)[0], expected)


def test_a_residual_block_equals_tflm():
    b = Builder()
    x = b.tensor((1, 6, 5, 4), scale=0.1, zero=3)
    y, z = b.tensor((1, 6, 5, 4), scale=0.2, zero=-9), b.tensor((1, 6, 5, 4), scale=0.15, zero=1)
    w = b.const(draw_from.weights(1, (4, 3, 3, 4)), scales=np.full(4, 0.004))
    b.op("CONV_2D", [x, w], [y], padding=0, stride_width=1, stride_height=1)
    b.op("ADD", [x, y], [z], activation="relu")
    assert_same_as_tflm(b.model([x], [z]))
