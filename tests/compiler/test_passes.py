"""Passes change what runs, never what comes out."""

import numpy as np
import pytest

from ml.compiler.compile import compile_model, prepare
from ml.errors import UserError
from tests.compiler import strategies as draw_from
from tests.compiler.builder import Builder
from tests.compiler.parity import assert_same_as_tflm, needs_tflm

WALK = {"stride_width": 1, "stride_height": 1}


def kinds(program) -> list[str]:
    return [layer.op.kind for layer in program.layers]


def conv(b: Builder, x: int, y: int, channels: tuple[int, int], *, padding=0, kind="CONV_2D", **options):
    given, made = channels
    shape = (made, 3, 3, given) if kind == "CONV_2D" else (1, 3, 3, made)
    axis = 0 if kind == "CONV_2D" else 3
    w = b.const(draw_from.weights(1, shape), scales=np.full(made, 0.01), axis=axis)
    bias = b.const(draw_from.biases(1, made), scales=np.full(made, 0.001))
    if kind == "DEPTHWISE_CONV_2D":
        options["depth_multiplier"] = made // given
    b.op(kind, [x, w, bias], [y], padding=padding, **WALK, **options)


@needs_tflm
@pytest.mark.parametrize("kind", ["CONV_2D", "DEPTHWISE_CONV_2D"])
def test_padding_becomes_part_of_the_convolution(kind):
    b = Builder()
    x = b.tensor((1, 5, 7, 3), scale=0.1, zero=11)
    padded = b.tensor((1, 8, 9, 3), scale=0.1, zero=11)
    y = b.tensor((1, 6, 7, 3), scale=0.2, zero=-4)
    b.op("PAD", [x, b.const(np.array([[0, 0], [1, 2], [0, 2], [0, 0]], np.int32))], [padded])
    conv(b, padded, y, (3, 3), padding=1, kind=kind)
    assert kinds(assert_same_as_tflm(b.model([x], [y]))) == [kind]


@needs_tflm
def test_padding_of_channels_stays():
    b = Builder()
    x = b.tensor((1, 5, 7, 2), scale=0.1, zero=11)
    padded = b.tensor((1, 5, 7, 3), scale=0.1, zero=11)
    y = b.tensor((1, 3, 5, 3), scale=0.2, zero=-4)
    b.op("PAD", [x, b.const(np.array([[0, 0], [0, 0], [0, 0], [0, 1]], np.int32))], [padded])
    conv(b, padded, y, (3, 3), padding=1)
    assert kinds(assert_same_as_tflm(b.model([x], [y]))) == ["PAD", "CONV_2D"]


@needs_tflm
@pytest.mark.parametrize("activation", ["RELU", "RELU6"])
@pytest.mark.parametrize("same_scale", [True, False])
def test_an_activation_on_the_same_scale_becomes_a_clamp(activation, same_scale):
    b = Builder()
    x = b.tensor((1, 5, 7, 3), scale=0.1, zero=11)
    y = b.tensor((1, 5, 7, 3), scale=0.04, zero=-20)
    z = b.tensor((1, 5, 7, 3), scale=0.04 if same_scale else 0.05, zero=-20)
    conv(b, x, y, (3, 3))
    b.op(activation, [y], [z])
    if activation == "RELU6" and not same_scale:
        return  # TFLM's RELU6 takes the scales to be equal
    program = assert_same_as_tflm(b.model([x], [z]))
    assert kinds(program) == (["CONV_2D"] if same_scale else ["CONV_2D", activation])


@needs_tflm
def test_an_activation_whose_input_is_read_elsewhere_stays():
    b = Builder()
    x = b.tensor((1, 5, 7, 3), scale=0.1, zero=11)
    y, z, out = (b.tensor((1, 5, 7, 3), scale=0.04, zero=-20) for _ in range(3))
    conv(b, x, y, (3, 3))
    b.op("RELU", [y], [z])
    b.op("ADD", [y, z], [out])
    assert kinds(assert_same_as_tflm(b.model([x], [out]))) == ["CONV_2D", "RELU", "ADD"]


@needs_tflm
def test_flatten_and_its_relatives_cost_nothing():
    b = Builder()
    x = b.tensor((1, 4, 3, 2), scale=0.1, zero=1, signature=(-1, 4, 3, 2))
    shape = b.tensor((4,), dtype="int32")
    b.op("SHAPE", [x], [shape])
    first = b.tensor((), dtype="int32")
    bounds = [b.const(np.array([value], np.int32)) for value in (0, 1, 1)]
    b.op("STRIDED_SLICE", [shape, *bounds], [first], shrink_axis_mask=1)
    packed = b.tensor((2,), dtype="int32")
    b.op("PACK", [first, b.const(np.array(24, np.int32))], [packed], values_count=2, axis=0)
    flat, wide, narrow = (b.tensor(s, scale=0.1, zero=1) for s in ((1, 24), (1, 1, 24), (24,)))
    b.op("RESHAPE", [x, packed], [flat])
    b.op("EXPAND_DIMS", [flat, b.const(np.array(1, np.int32))], [wide])
    b.op("SQUEEZE", [wide], [narrow])
    y = b.tensor((1, 5), scale=0.2, zero=0)
    b.op("FULLY_CONNECTED", [narrow, b.const(draw_from.weights(3, (5, 24)), scales=[0.01]), -1], [y])
    assert kinds(assert_same_as_tflm(b.model([x], [y]))) == ["FULLY_CONNECTED"]


@needs_tflm
def test_float_ends_are_stripped_and_still_compared(tmp_path):
    b = Builder()
    x = b.tensor((1, 6), dtype="float32")
    q, r = b.tensor((1, 6), scale=0.1, zero=3), b.tensor((1, 6), scale=0.07, zero=-3)
    y = b.tensor((1, 6), dtype="float32")
    b.op("QUANTIZE", [x], [q])
    b.op("LEAKY_RELU", [q], [r], alpha=0.25)
    b.op("DEQUANTIZE", [r], [y])
    made = compile_model(b.model([x], [y]), "net", tmp_path)
    assert kinds(made.program) == ["LEAKY_RELU"]
    assert made.verified


def test_a_float_model_is_refused_with_a_hint():
    b = Builder()
    x, y = b.tensor((1, 6), dtype="float32"), b.tensor((1, 6), dtype="float32")
    b.op("RELU", [x], [y])
    with pytest.raises(UserError, match=r"float32.*quantise"):
        prepare(b.model([x], [y]), "float.tflite")


def test_what_nobody_reads_is_dropped():
    b = Builder()
    x, y, z = (b.tensor((1, 6), scale=0.1) for _ in range(3))
    b.op("RELU", [x], [y])
    b.op("TANH", [x], [z])
    assert kinds(prepare(b.model([x], [y]), "net")) == ["RELU"]


def test_elementwise_operators_work_in_place():
    b = Builder()
    tensors = [b.tensor((1, 100), scale=0.1) for _ in range(4)]
    b.op("RELU", [tensors[0]], [tensors[1]])
    b.op("ADD", [tensors[1], b.const(draw_from.weights(1, (1, 100)), scales=[0.1])], [tensors[2]])
    b.op("HARD_SWISH", [tensors[2]], [tensors[3]])
    assert prepare(b.model([tensors[0]], [tensors[3]]), "net").plan.size == 100
