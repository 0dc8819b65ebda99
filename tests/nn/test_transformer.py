"""What transformers add: GELU, the parts of a layer normalisation, transposed products, constants of one value."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ml.compiler import reader
from ml.compiler.compile import prepare
from ml.compiler.operators import gelu
from ml.compiler.passes import run_passes
from ml.errors import UserError
from tests.compiler import strategies as draw_from
from tests.compiler.builder import Builder
from tests.compiler.parity import assert_same_as_tflm, needs_tflm
from tests.compiler.resolved import resolved
from tests.nn.test_lookup import ALL, assert_table


def unary(kind, scale, zero, out_scale, out_zero, **options) -> bytes:
    b = Builder()
    x, y = b.tensor((1, 256), scale=scale, zero=zero), b.tensor((1, 256), scale=out_scale, zero=out_zero)
    b.op(kind, [x], [y], **options)
    return b.model([x], [y])


@settings(max_examples=30)
@given(draw_from.scales, draw_from.zeros, draw_from.scales, draw_from.zeros, st.booleans())
def test_gelu_is_litert_s_table(scale, zero, out_scale, out_zero, approximate):
    interpreter = pytest.importorskip("ai_edge_litert.interpreter")
    model = unary("GELU", scale, zero, out_scale, out_zero, approximate=approximate)
    reference = interpreter.Interpreter(
        model_content=model, experimental_op_resolver_type=interpreter.OpResolverType.BUILTIN_REF
    )
    reference.allocate_tensors()
    reference.set_tensor(0, ALL[None])
    reference.invoke()
    table = np.clip(gelu.table(reader.read(model).ops[0]), -128, 127)
    np.testing.assert_array_equal(table, reference.get_tensor(1)[0])


@needs_tflm
@settings(max_examples=15)
@given(st.floats(1e-5, 0.9).map(np.float32), draw_from.scales, draw_from.zeros)
@example(np.float32(0.48834044), np.float32(0.002), 0)  # the product of its scales has to be rounded to a float
def test_rsqrt_equals_tflm(scale, out_scale, out_zero):
    assert_table("RSQRT", scale, -128, out_scale, out_zero)


def test_a_root_of_what_can_be_negative_is_refused():
    with pytest.raises(UserError, match="it can be below 0"):
        prepare(unary("RSQRT", 0.1, -127, 0.1, 0), "model")


@needs_tflm
@settings(max_examples=10)
@given(draw_from.scales, draw_from.zeros, draw_from.scales, draw_from.zeros, st.sampled_from(["NEG", "ABS"]))
def test_a_step_between_dequantize_and_quantize_equals_tflm(scale, zero, out_scale, out_zero, kind):
    b = Builder()
    x, y = b.tensor((1, 256), scale=scale, zero=zero), b.tensor((1, 256), scale=out_scale, zero=out_zero)
    before, after = (b.tensor((1, 256), dtype="float32") for _ in range(2))
    z = b.tensor((1, 256), scale=0.1)
    b.op("RELU", [x], [z])  # or the QUANTIZE would be the model's end
    inner = b.tensor((1, 256), scale=scale, zero=zero)
    b.op("QUANTIZE", [z], [inner])
    b.op("DEQUANTIZE", [inner], [before])
    b.op(kind, [before], [after])
    b.op("QUANTIZE", [after], [y])
    program = assert_same_as_tflm(b.model([x], [y]), count=2)
    assert [layer.op.kind for layer in program.layers] == ["RELU", "QUANTIZE", kind]


def binary(kind, shapes, scales, zeros, constant=None, activation=None) -> bytes:
    """The first input is the model's, the second a constant or made from the first: rescaled, some of its rows."""
    b = Builder()
    x = b.tensor(shapes[0], scale=scales[0], zero=zeros[0])
    if constant is None:
        other = b.tensor(shapes[0], scale=scales[1], zero=zeros[1])
        b.op("QUANTIZE", [x], [other])
        if shapes[1] != shapes[0]:
            cut = b.tensor(shapes[1], scale=scales[1], zero=zeros[1])
            bounds = [b.const(np.array(v, np.int32)) for v in ([0] * 3, shapes[1], [1] * 3)]
            b.op("STRIDED_SLICE", [other, *bounds], [cut])
            other = cut
    else:
        other = b.const(np.array(constant, np.int8), scales=[scales[1]], zeros=[zeros[1]])
    y = b.tensor(shapes[0], scale=scales[2], zero=zeros[2])
    b.op(kind, [x, other], [y], **({"activation": activation} if activation else {}))
    return b.model([x], [y])


three_scales, three_zeros = st.tuples(*[draw_from.scales] * 3), st.tuples(*[draw_from.zeros] * 3)


@needs_tflm
@settings(max_examples=12)
@given(three_scales, three_zeros, st.sampled_from([(1, 3, 5), (1, 3, 1), (1, 1, 5)]))
def test_squared_difference_equals_tflm(scales, zeros, shape):
    assert_same_as_tflm(binary("SQUARED_DIFFERENCE", ((1, 3, 5), shape), scales, zeros), count=2)


@needs_tflm
@settings(max_examples=15)
@given(
    st.sampled_from(["ADD", "SUB", "MUL"]), three_scales, three_zeros, st.integers(-128, 127), draw_from.activations,
    st.sampled_from([(), (1, 1, 1)]),
)  # fmt: skip
def test_a_constant_of_one_value_is_a_table(kind, scales, zeros, value, activation, shape):
    scales = (*scales[:2], max(scales[2], np.float32(scales[0] / 100), np.float32(scales[1] / 100)))
    model = binary(kind, ((1, 16, 16), shape), scales, zeros, np.full(shape, value), activation)
    program = assert_same_as_tflm(model, count=2)
    assert program.layers[0].lowered.kernel == "nn_lookup"


@needs_tflm
@pytest.mark.parametrize("kind", ["MAXIMUM", "MINIMUM"])
def test_a_constant_bound_is_a_table(kind):
    program = assert_same_as_tflm(binary(kind, ((1, 16, 16), ()), [0.1] * 3, [5] * 3, 40))
    assert program.layers[0].lowered.kernel == "nn_lookup"


def attention(heads: int, frames: int, width: int) -> bytes:
    """Products of transposed tensors, as an attention of several heads makes them."""
    b = Builder()
    x = b.tensor((1, frames, heads, width), scale=0.1, zero=4)
    turned = b.tensor((1, heads, frames, width), scale=0.1, zero=4)
    keys = b.tensor((1, heads, width, frames), scale=0.1, zero=4)
    b.op("TRANSPOSE", [x, b.const(np.array([0, 2, 1, 3], np.int32))], [turned])
    b.op("TRANSPOSE", [x, b.const(np.array([0, 2, 3, 1], np.int32))], [keys])
    scores = b.tensor((1, heads, frames, frames), scale=1.5, zero=-3)
    b.op("BATCH_MATMUL", [turned, keys], [scores])
    y = b.tensor((1, heads, frames, width), scale=9.0, zero=2)
    b.op("BATCH_MATMUL", [scores, turned], [y])
    return b.model([x], [y])


@needs_tflm
@pytest.mark.parametrize(("heads", "frames", "width"), [(1, 7, 4), (2, 5, 3), (3, 18, 8)])
def test_transposes_before_products_move_no_byte(heads, frames, width):
    program = assert_same_as_tflm(attention(heads, frames, width))
    assert [layer.op.kind for layer in program.layers] == ["BATCH_MATMUL", "BATCH_MATMUL"]
    kernels = {layer.lowered.kernel for layer in program.layers}
    assert kernels == {"nn_batch_matmul_packed"} or frames < 18  # a few values are not worth widening


def dense_over_open_rows() -> bytes:
    """Dense on three dimensions as the converter writes it for a batch that it does not know."""
    b = Builder()
    x = b.tensor((1, 5, 8), scale=0.1, zero=3)
    shape, rows = b.tensor((3,), dtype="int32"), b.tensor((2,), dtype="int32")
    b.op("SHAPE", [x], [shape])
    b.op("GATHER", [shape, b.const(np.array([0, 1], np.int32))], [rows])
    count, back = b.tensor((), dtype="int32"), b.tensor((3,), dtype="int32")
    b.op("REDUCE_PROD", [rows, b.const(np.array([0], np.int32))], [count])
    b.op("CONCATENATION", [rows, b.const(np.array([4], np.int32))], [back])
    flat = b.tensor((2,), dtype="int32")
    b.op("PACK", [count, b.const(np.array(8, np.int32))], [flat], values_count=2)
    one = b.tensor((1, 1), scale=0.1, zero=3)
    b.op("RESHAPE", [x, flat], [one])
    product, y = b.tensor((1, 4), scale=0.3, zero=-2), b.tensor((1, 5, 4), scale=0.3, zero=-2)
    weights = b.const(draw_from.weights(1, (4, 8)), scales=[0.02, 0.01, 0.03, 0.02])
    b.op("FULLY_CONNECTED", [one, weights, -1], [product])
    b.op("RESHAPE", [product, back], [y])
    return b.model([x], [y])


def test_rows_of_an_open_batch_are_counted():
    graph = run_passes(reader.read(dense_over_open_rows()))
    assert [op.kind for op in graph.ops] == ["FULLY_CONNECTED"]
    assert graph.ops[0].inputs[0].shape == (5, 8)
    assert graph.ops[0].output.shape == (5, 4)


@needs_tflm
def test_a_model_with_an_open_batch_equals_the_resolved_one():
    model = dense_over_open_rows()
    assert_same_as_tflm(model, reference=resolved(model))
