"""Edges that random networks found: each once gave other bytes than TensorFlow Lite Micro, or was refused."""

import numpy as np
import pytest

from ml.compiler import packing
from ml.compiler.compile import prepare
from ml.compiler.operators import Options
from ml.compiler.passes.views import SAME_BYTES
from ml.compiler.schema import OPTIONS
from ml.errors import UserError
from tests.compiler.builder import UNION, Builder
from tests.compiler.parity import assert_same_as_tflm, host_model, needs_tflm

SAME, VALID = 0, 1
STEP = {"stride_height": 1, "stride_width": 1}
SANITIZED = ("-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def weights(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-127, 128, shape).astype(np.int8)


def depthwise(height: int, width: int, stride: int, padding: int) -> bytes:
    """3x3 over 4 channels, output zero point -128, ReLU."""
    b = Builder()
    x = b.tensor((1, height, width, 4), scale=0.1, zero=-128)
    w = b.const(weights(1, 3, 3, 4), scales=0.01)
    bias = b.const(np.zeros(4, np.int32), scales=0.001)
    out = (-(-height // stride), -(-width // stride)) if padding == SAME else (height - 2, width - 2)
    y = b.tensor((1, *out, 4), scale=0.3, zero=-128)
    options = {"stride_height": stride, "stride_width": stride, "depth_multiplier": 1, "activation": "relu"}
    b.op("DEPTHWISE_CONV_2D", [x, w, bias], [y], padding=padding, **options)
    return b.model([x], [y])


@needs_tflm
@pytest.mark.parametrize("stride, padding", [(1, SAME), (2, SAME), (1, VALID)])
@pytest.mark.parametrize("height, width", [(16, 14), (24, 16), (14, 16)])
def test_a_depthwise_layer_overwrites_nothing_that_it_still_reads(height, width, stride, padding):
    assert_same_as_tflm(depthwise(height, width, stride, padding), count=1)


def depthwise_numbers(height: int, width: int, stride: int, padding: int, turned: bool) -> dict:
    out = [-(-side // stride) if padding == SAME else (side - 3) // stride + 1 for side in (height, width)]
    pads = [
        max((n - 1) * stride + 3 - s, 0) // 2 if padding == SAME else 0
        for n, s in zip(out, (height, width), strict=True)
    ]
    sides = dict(in_h=height, in_w=width, out_h=out[0], out_w=out[1], out_c=4, pad_top=pads[0], pad_left=pads[1])
    return packing.depthwise_3x3(sides | dict(stride_h=stride, input_zero=0, output_zero=0, min=0, max=0), turned)


def strips_read_only_what_is_there(numbers: dict) -> bool:
    """The kernel's strips, walked through: whether one takes apart a pixel that an earlier one wrote."""
    most, kept, written = (8 - 3) // numbers["stride"] + 1, 0, set()
    for done in range(0, numbers["out_rows"], most):
        made = range(done, min(done + most, numbers["out_rows"]))
        for row in range(kept, (len(made) - 1) * numbers["stride"] + 3):
            y = done * numbers["stride"] + row - numbers["pad_row"]
            columns = range(numbers["in_columns"] if 0 <= y < numbers["in_rows"] else 0)
            if any(y * numbers["in_row_step"] + x * numbers["in_column_step"] in written for x in columns):
                return False
        for y in made:
            written |= {
                y * numbers["out_row_step"] + x * numbers["out_column_step"] for x in range(numbers["out_columns"])
            }
        kept = 3 - numbers["stride"]
    return True


def test_in_place_is_offered_only_where_no_strip_reads_what_another_wrote():
    offered = 0
    for height in range(3, 22):
        for width in (3, 4, 7, 12, 20):
            for stride, padding, turned in [(s, p, t) for s in (1, 2) for p in (SAME, VALID) for t in (False, True)]:
                numbers = depthwise_numbers(height, width, stride, padding, turned)
                safe = packing.depthwise_in_place(numbers)
                assert not safe or strips_read_only_what_is_there(numbers), (height, width, stride, padding, turned)
                offered += safe
    assert offered > 400


@needs_tflm
@pytest.mark.parametrize("pool", ["MAX_POOL_2D", "AVERAGE_POOL_2D"])
@pytest.mark.parametrize("activation", ["relu", "relu_n1_to_1"])
def test_a_constant_channel_goes_through_the_activation_of_a_pool(pool, activation):
    b = Builder()
    x = b.tensor((1, 8, 8, 3), scale=0.1, zero=0)
    w = weights(8, 3, 3, 3)
    w[4:] = 0
    bias = np.where(np.arange(8) < 4, 0, [0, 0, 0, 0, -500, 500, -900, -10]).astype(np.int32)
    y = b.tensor((1, 6, 6, 8), scale=0.05, zero=0)
    filters = [b.const(w, scales=0.01), b.const(bias, scales=0.001)]
    b.op("CONV_2D", [x, *filters], [y], padding=VALID, **STEP)
    z = b.tensor((1, 3, 3, 8), scale=0.05, zero=0)
    window = {"kernel_height": 2, "kernel_width": 2, "stride_height": 2, "stride_width": 2}
    b.op(pool, [y], [z], padding=VALID, activation=activation, **window)
    last = b.tensor((1, 3, 3, 4), scale=0.1, zero=0)
    b.op("CONV_2D", [z, b.const(weights(4, 1, 1, 8, seed=1), scales=0.01)], [last], padding=VALID, **STEP)
    program = assert_same_as_tflm(b.model([x], [last]))
    assert program.layers[0].op.output.shape[3] == 4  # the pass did run


@needs_tflm
@pytest.mark.parametrize("pads", [(0, 2, 0, 0), (0, 8, 0, 0), (0, 0, 0, 5), (0, 1, 0, 1), (3, 0, 0, 7)])
@pytest.mark.parametrize("kernel", [1, 2])
def test_padding_on_any_side_alone_reads_nothing_outside(pads, kernel):
    top, bottom, left, right = pads
    b = Builder()
    x = b.tensor((1, 4, 5, 16), scale=0.1, zero=-128)
    height, width = 4 + top + bottom, 5 + left + right
    y = b.tensor((1, height, width, 16), scale=0.1, zero=-128)
    b.op("PAD", [x, b.const(np.array([[0, 0], [top, bottom], [left, right], [0, 0]], np.int32))], [y])
    filters = [b.const(weights(8, kernel, kernel, 16), scales=0.01), b.const(np.full(8, 500, np.int32), scales=0.001)]
    z = b.tensor((1, height - kernel + 1, width - kernel + 1, 8), scale=0.3, zero=-128)
    b.op("CONV_2D", [y, *filters], [z], padding=VALID, activation="relu", **STEP)
    assert_same_as_tflm(b.model([x], [z]), count=1)


def softmax(values: int) -> bytes:
    b = Builder()
    x, y = b.tensor((1, values), scale=0.05, zero=0), b.tensor((1, values), scale=1 / 256, zero=-128)
    b.op("SOFTMAX", [x], [y], beta=1.0)
    return b.model([x], [y])


@pytest.mark.parametrize("values", [511, 512, 513, 600, 4096])
def test_many_equal_values_of_a_softmax_are_their_share(values):
    """TFLM shifts by 32 bits from 512 equal values on and aborts; 256 / 512 rounds to 1, what is less to 0."""
    share = -127 if values < 512 else -128
    with host_model(softmax(values)) as (_, host):
        equal = host.run(np.zeros((1, values), np.int8))[0]
        one = np.full((1, values), -128, np.int8)
        one[0, 7] = 127
        assert set(equal.tolist()) == {share}
        assert np.flatnonzero(host.run(one)[0] != -128).tolist() == [7]


@needs_tflm
def test_a_dead_depthwise_filter_behind_a_layer_that_cannot_shrink_stays():
    b = Builder()
    x = b.tensor((1, 4, 4, 8), scale=0.1)
    w = weights(1, 3, 3, 8)
    w[..., 4:] = 0
    y = b.tensor((1, 4, 4, 8), scale=0.1)
    bias = b.const(np.zeros(8, np.int32), scales=0.001)
    b.op("DEPTHWISE_CONV_2D", [x, b.const(w, scales=0.01), bias], [y], padding=SAME, depth_multiplier=1, **STEP)
    z, last = b.tensor((1, 4, 4, 8), scale=0.1), b.tensor((1, 4, 4, 4), scale=0.1)
    b.op("RELU", [y], [z])
    b.op("CONV_2D", [y, b.const(weights(4, 1, 1, 8), scales=0.01)], [last], padding=SAME, **STEP)
    assert_same_as_tflm(b.model([x], [last]))


@needs_tflm
@pytest.mark.parametrize("kind", ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"])
@pytest.mark.parametrize("dead", [True, False])
@pytest.mark.parametrize("scale", [1e-4, 1e-7, 1e-9, 1e-15])
def test_a_layer_that_is_never_used_may_have_any_scale(kind, dead, scale):
    """A converter gives an output that never left 0 a scale of next to nothing: sums wrap as TFLM's do."""
    b = Builder()
    flat = kind == "FULLY_CONNECTED"
    x = b.tensor((1, 8) if flat else (1, 4, 4, 8), scale=1 / 8, zero=3)
    w = weights(*{"CONV_2D": (4, 1, 1, 8), "DEPTHWISE_CONV_2D": (1, 3, 3, 8)}.get(kind, (4, 8)))
    channels = 8 if kind == "DEPTHWISE_CONV_2D" else 4
    bias = b.const(np.full(channels, 0 if dead else -70000, np.int32), scales=1 / 512)
    y = b.tensor((1, channels) if flat else (1, 4, 4, channels), scale=scale, zero=-128)
    options = {} if flat else {"padding": SAME, **STEP}
    options |= {"depth_multiplier": 1} if kind == "DEPTHWISE_CONV_2D" else {}
    b.op(kind, [x, b.const(w * 0 if dead else w, scales=1 / 64), bias], [y], activation="relu", **options)
    if not dead and scale < 1e-11:
        with pytest.raises(UserError, match="2\\^30"):
            prepare(b.model([x], [y]), "net")
    else:
        assert_same_as_tflm(b.model([x], [y]))


def unary(kind: str, scale: float, out: float, zeros: tuple[int, int], **options) -> bytes:
    b = Builder()
    x, y = b.tensor((1, 256), scale=scale, zero=zeros[0]), b.tensor((1, 256), scale=out, zero=zeros[1])
    b.op(kind, [x], [y], **options)
    return b.model([x], [y])


def table(tflite: bytes) -> list[int]:
    """The outputs for -128..127 that the compiler writes down."""
    return prepare(tflite, "net").layers[0].lowered.arrays[0].data.tolist()


def truth(tflite: bytes) -> list[int]:
    from ml.compiler import tflm  # noqa: PLC0415 - with TFLM only

    made = tflm.Reference(tflite).run(np.arange(-128, 128, dtype=np.int8))
    return np.frombuffer(next(iter(made.values())), np.int8).tolist()


@needs_tflm
@pytest.mark.parametrize("zero", [0, -128, 5])
@pytest.mark.parametrize("scale", [4e-9, 1e-7, 1e-6, 7.9, 8, 9, 15, 16, 1000, 1e9])
@pytest.mark.parametrize("kind, out", [("LOGISTIC", (1 / 256, -128)), ("TANH", (1 / 128, 0))])
def test_saturating_functions_take_any_scale(kind, out, scale, zero):
    tflite = unary(kind, scale, out[0], (zero, out[1]))
    assert table(tflite) == truth(tflite)


def test_saturating_functions_beyond_what_c_defines_are_their_limits():
    """TFLM's shift is not defined there; all inputs are 0 for the smallest scales, and far from it for the largest."""
    assert set(table(unary("LOGISTIC", 1e-12, 1 / 256, (0, -128)))) == {0}
    assert set(table(unary("TANH", 1e-12, 1 / 128, (0, 0)))) == {0}
    assert table(unary("LOGISTIC", 1e12, 1 / 256, (0, -128)))[::64] == [-128, -128, -128, 127]


@needs_tflm
@pytest.mark.parametrize("alpha", [-1, -0.5, -0.25, -1.5, -0.3, 0.5, 1.5])
def test_a_leaky_relu_may_rise_on_both_sides(alpha):
    tflite = unary("LEAKY_RELU", 0.5, 0.5, (3, -5), alpha=alpha)
    assert table(tflite) == truth(tflite)


@needs_tflm
@pytest.mark.parametrize(
    "scale, out", [(1.65e-7, 3.3e-7), (5.6e-8, 3.35e-5), (0.0026, 7.69), (0.118, 128.2), (0.1, 0.1)]
)
def test_a_hard_swish_of_far_apart_scales_rounds_as_tflm(scale, out):
    tflite = unary("HARD_SWISH", scale, out, (98, -99))
    assert table(tflite) == truth(tflite)


@pytest.mark.parametrize("left_out, kind", [(0, k) for k in UNION] + [(1, k) for k in UNION if k not in SAME_BYTES])
def test_an_operator_without_an_input_it_needs_is_refused_in_one_line(left_out, kind):
    b = Builder()
    x, y = b.tensor((1, 4, 4, 4), scale=0.1), b.tensor((1, 4, 4, 4), scale=0.1)
    other = b.const(weights(4, 1, 1, 4), scales=0.1)
    given = [x, other][: 1 + left_out]
    given[left_out] = -1
    options = {name: 1 for name, _, code, _ in OPTIONS.get(kind, ()) if code in "bi?" and name != "activation"}
    b.op(kind, given, [y], **options)
    with pytest.raises(UserError) as refused:
        prepare(b.model([x], [y]), "net.tflite")
    assert "\n" not in str(refused.value)


def test_dequantize_of_nothing_is_refused_in_one_line():
    b = Builder()
    x, y = b.tensor((1, 4), scale=0.1), b.tensor((1, 4), dtype="float32")
    b.op("DEQUANTIZE", [-1], [y])
    with pytest.raises(UserError, match="DEQUANTIZE"):
        prepare(b.model([x], [y]), "net.tflite")
    z = b.tensor((1, 8), scale=0.1)
    b.ops.clear()
    b.op("CONCATENATION", [x, -1], [z], axis=1)
    with pytest.raises(UserError, match="left out"):
        prepare(b.model([x], [z]), "net.tflite")


@needs_tflm
def test_biases_may_name_an_axis_they_do_not_have():
    """TFLM's own person_detect gives its biases the weights' quantized_dimension."""
    b = Builder()
    x, y = b.tensor((1, 4, 4, 8), scale=0.1), b.tensor((1, 4, 4, 8), scale=0.1)
    scales = np.linspace(0.01, 0.02, 8)
    w = b.const(weights(1, 3, 3, 8), scales=scales, axis=3)
    bias = b.const(np.arange(8, dtype=np.int32), scales=scales * 0.1, axis=3)
    b.op("DEPTHWISE_CONV_2D", [x, w, bias], [y], padding=SAME, depth_multiplier=1, **STEP)
    assert_same_as_tflm(b.model([x], [y]), options=Options("size"))


@pytest.mark.parametrize("pool", ["MAX_POOL_2D", "AVERAGE_POOL_2D"])
def test_a_pool_whose_activation_has_no_place_on_its_scale_is_refused_in_one_line(pool):
    b = Builder()
    x, y, z = (b.tensor((1, 4, 4, 4), scale=scale) for scale in (0.1, 1e-12, 1e-12))
    b.op("CONV_2D", [x, b.const(weights(4, 1, 1, 4) * 0, scales=0.01)], [y], padding=SAME, **STEP)
    b.op(pool, [y], [z], padding=SAME, activation="relu6", kernel_height=1, kernel_width=1, **STEP)
    with pytest.raises(UserError, match="too small for the activation"):
        prepare(b.model([x], [z]), "net.tflite")


def several_outputs_an_input(padded: bool, dilation: int) -> bytes:
    """A depthwise layer with three outputs an input; `padded`: behind a PAD that the compiler moves into it."""
    b = Builder()
    x = last = b.tensor((1, 12, 11, 2), scale=0.1, zero=-5)
    height, width = 12, 11
    if padded:
        pads = b.const(np.array([[0, 0], [1, 2], [2, 1], [0, 0]], np.int32))
        height, width = height + 3, width + 3
        last = b.tensor((1, height, width, 2), scale=0.1, zero=-5)
        b.op("PAD", [x, pads], [last])
    w = b.const(weights(1, 3, 3, 6), scales=0.01)
    bias = b.const(np.zeros(6, np.int32), scales=0.001)
    y = b.tensor((1, height - 2 * dilation, width - 2 * dilation, 6), scale=0.3, zero=-10)
    gaps = {"dilation_height": dilation, "dilation_width": dilation}
    b.op("DEPTHWISE_CONV_2D", [last, w, bias], [y], padding=VALID, depth_multiplier=3, **STEP, **gaps)
    return b.model([x], [y])


@needs_tflm
@pytest.mark.parametrize("padded, dilation", [(True, 1), (False, 2), (True, 2)])
def test_a_depthwise_layer_with_several_outputs_an_input_has_a_price_however_it_is_padded(padded, dilation):
    program = assert_same_as_tflm(several_outputs_an_input(padded, dilation), count=1)
    assert all(0 < layer.lowered.cycles < float("inf") for layer in program.layers)
