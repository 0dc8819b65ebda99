"""What stands around int16 convolutions in a classifier gives TensorFlow Lite Micro's bytes."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ml.compiler import tflm
from ml.compiler.compile import prepare
from ml.errors import UserError
from tests.compiler import strategies as draw_from
from tests.compiler.builder import Builder
from tests.compiler.parity import assert_same_as_tflm, host_model, needs_tflm

pytestmark = needs_tflm

scales = st.floats(1e-5, 2e-3).map(np.float32)


@settings(max_examples=12)
@given(
    st.sampled_from(["MAX_POOL_2D", "AVERAGE_POOL_2D"]),
    st.tuples(st.integers(1, 2), st.integers(1, 9), st.integers(1, 9), st.integers(1, 6)),
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    st.tuples(st.integers(1, 3), st.integers(1, 3)),
    st.integers(0, 1),
    scales,
    draw_from.activations,
)
def test_pooling_equals_tflm(kind, shape, kernel, stride, padding, scale, activation):
    sides = [draw_from.output_side(shape[1 + i], kernel[i], stride[i], 1, padding) for i in (0, 1)]
    assume(min(sides) > 0)
    b = Builder()
    x = b.tensor(shape, scale=scale, dtype="int16")
    y = b.tensor((shape[0], *sides, shape[3]), scale=scale, dtype="int16")
    b.op(
        kind, [x], [y], padding=padding, stride_height=stride[0], stride_width=stride[1], kernel_height=kernel[0],
        kernel_width=kernel[1], activation=activation,
    )  # fmt: skip
    assert_same_as_tflm(b.model([x], [y]), count=1)


sides = st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["both", "a", "b"])), min_size=1, max_size=4)


@settings(max_examples=12)
@given(sides, st.tuples(*[scales] * 3), draw_from.activations, draw_from.seeds)
def test_add_equals_tflm(axes, three, activation, seed):
    assume(2 * max(three[:2]) < three[2] * 30000)  # the sum is scaled down
    a_shape, b_shape = ([n if whose in ("both", which) else 1 for n, whose in axes] for which in "ab")
    b = Builder()
    x = b.tensor(a_shape, scale=three[0], dtype="int16")
    other = b.const(draw_from.weights(seed, b_shape, "int16") * np.int16(200), scales=[three[1]])
    y = b.tensor([n for n, _ in axes], scale=three[2], dtype="int16")
    b.op("ADD", [x, other], [y], activation=activation)
    assert_same_as_tflm(b.model([x], [y]), count=2)


@settings(max_examples=12)
@given(st.integers(1, 3), st.integers(1, 40), st.floats(1e-6, 1e-2).map(np.float32), st.sampled_from([1.0, 0.3, 4.0]))
def test_softmax_equals_tflm(rows, depth, scale, beta):
    b = Builder()
    x = b.tensor((rows, depth), scale=scale, dtype="int16")
    y = b.tensor((rows, depth), scale=1 / 32768, dtype="int16")
    b.op("SOFTMAX", [x], [y], beta=beta)
    assert_same_as_tflm(b.model([x], [y]), count=4)


def test_every_difference_of_two_values_gives_the_softmax_of_tflm():
    b = Builder()
    x = b.tensor((32768, 2), scale=10 / 65535, dtype="int16")
    y = b.tensor((32768, 2), scale=1 / 32768, dtype="int16")
    b.op("SOFTMAX", [x], [y], beta=1.0)
    model = b.model([x], [y])
    reference = tflm.Reference(model)
    values = np.arange(-32768, 32768, dtype=np.int16).reshape(2, -1)
    with host_model(model) as (_, host):
        for half in values:
            pairs = np.stack([np.full_like(half, 32767), half], axis=1)
            assert host.run(pairs).tobytes() == reference.run(pairs)[y]


def test_a_softmax_too_steep_for_tflm_is_refused_by_name():
    b = Builder()
    x = b.tensor((1, 4), scale=100.0, dtype="int16", name="logits")
    y = b.tensor((1, 4), scale=1 / 32768, dtype="int16")
    b.op("SOFTMAX", [x], [y], beta=1.0)
    with pytest.raises(UserError, match="'logits': its scale times beta is too large"):
        prepare(b.model([x], [y]), "model")


@settings(max_examples=10)
@given(
    st.sampled_from([("int8", "int16"), ("int16", "int8"), ("int16", "int16")]),
    st.tuples(draw_from.zeros, draw_from.zeros),
    st.tuples(draw_from.scales, draw_from.scales),
)
def test_quantize_equals_tflm(kinds, zeros, two):
    real = [scale / (256 if kind == "int16" else 1) for kind, scale in zip(kinds, two, strict=True)]
    assume(real[0] / real[1] < 16000)
    b = Builder()
    ends = [
        b.tensor((1, 300), scale=scale, zero=zero * (kind == "int8"), dtype=kind)
        for kind, zero, scale in zip(kinds, zeros, real, strict=True)
    ]
    b.op("QUANTIZE", ends[:1], ends[1:])
    assert_same_as_tflm(b.model(ends[:1], ends[1:]), count=2)


@settings(max_examples=10)
@given(st.tuples(*[st.integers(1, 6)] * 4), st.sampled_from([(1, 2), (1,), (3,), (1, 3)]), scales, scales)
def test_mean_equals_tflm(shape, axes, scale, out_scale):
    b = Builder()
    x = b.tensor(shape, scale=scale, dtype="int16")
    y = b.tensor([side for a, side in enumerate(shape) if a not in axes], scale=out_scale, dtype="int16")
    b.op("MEAN", [x, b.const(np.array(axes, np.int32))], [y], keep_dims=False)
    assert_same_as_tflm(b.model([x], [y]), count=1)


@settings(max_examples=12)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=4))
def test_pad_equals_tflm(axes):
    b = Builder()
    x = b.tensor([side for side, _, _ in axes], scale=1e-3, dtype="int16")
    y = b.tensor([sum(axis) for axis in axes], scale=1e-3, dtype="int16")
    b.op("PAD", [x, b.const(np.array([axis[1:] for axis in axes], np.int32))], [y])
    assert_same_as_tflm(b.model([x], [y]), count=1)


@settings(max_examples=12)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(0, 3), st.integers(1, 4))
def test_concatenation_equals_tflm(shape, axis, more):
    axis = min(axis, len(shape) - 1)
    b = Builder()
    x = b.tensor(shape, scale=1e-3, dtype="int16")
    other = [more if a == axis else side for a, side in enumerate(shape)]
    constant = b.const(draw_from.weights(more, other, "int16"), scales=[1e-3])
    y = b.tensor([side + more * (a == axis) for a, side in enumerate(shape)], scale=1e-3, dtype="int16")
    b.op("CONCATENATION", [x, constant], [y], axis=axis)
    assert_same_as_tflm(b.model([x], [y]), count=1)


def classifier(ends: str) -> bytes:
    """Pad, convolve, add, pool, flatten, classify, with float32 or int8 ends."""
    b = Builder()
    wide = {"scale": 1e-3, "dtype": "int16"}
    outside = b.tensor((1, 8, 8, 2), **({"dtype": "float32"} if ends == "float32" else {"scale": 0.05, "zero": 3}))
    x, padded, conv, added, pooled, flat, logits, scores = (
        b.tensor(shape, **wide)
        for shape in ((1, 8, 8, 2), (1, 10, 10, 2), *[(1, 8, 8, 4)] * 2, (1, 4, 4, 4), (1, 64), (1, 3), (1, 3))
    )
    scores = b.tensor((1, 3), scale=1 / 32768, dtype="int16")
    last = b.tensor((1, 3), **({"dtype": "float32"} if ends == "float32" else {"scale": 1 / 256, "zero": -128}))
    b.op("QUANTIZE", [outside], [x])
    b.op("PAD", [x, b.const(np.array([[0, 0], [1, 1], [1, 1], [0, 0]], np.int32))], [padded])
    w = b.const(draw_from.weights(1, (4, 3, 3, 2)), scales=[0.01] * 4)
    bias = b.const(draw_from.biases(2, 4, "int64"), scales=[1e-5] * 4)
    b.op("CONV_2D", [padded, w, bias], [conv], padding=1, stride_height=1, stride_width=1, activation="relu")
    b.op("ADD", [conv, conv], [added])
    two = {"stride_height": 2, "stride_width": 2, "kernel_height": 2, "kernel_width": 2}
    b.op("AVERAGE_POOL_2D", [added], [pooled], padding=1, **two)
    b.op("RESHAPE", [pooled, b.const(np.array([1, 64], np.int32))], [flat])
    w = b.const(draw_from.weights(3, (3, 64)), scales=[0.003])
    bias = b.const(draw_from.biases(4, 3, "int64"), scales=[3e-6])
    b.op("FULLY_CONNECTED", [flat, w, bias], [logits])
    b.op("SOFTMAX", [logits], [scores], beta=1.0)
    b.op("DEQUANTIZE" if ends == "float32" else "QUANTIZE", [scores], [last])
    return b.model([outside], [last])


@pytest.mark.parametrize("ends", ["int8", "float32"])
def test_every_layer_of_a_classifier_equals_tflm(ends):
    program = assert_same_as_tflm(classifier(ends), count=6)
    kinds = [layer.op.kind for layer in program.layers]
    inside = ["CONV_2D", "ADD", "AVERAGE_POOL_2D", "FULLY_CONNECTED", "SOFTMAX"]
    assert kinds == (inside if ends == "float32" else ["QUANTIZE", *inside, "QUANTIZE"])
