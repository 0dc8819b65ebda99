"""Weights of four bits: read packed, offered by the compiler, the same bytes as their int8 twin in TFLM."""

import numpy as np
import pytest
from click.testing import CliRunner

from ml.cli import cli
from ml.compiler.compile import prepare
from ml.compiler.operators import Options
from ml.compiler.reader import read
from ml.compress.four_bits import four_bits
from ml.errors import UserError
from ml.paths import ROOT
from tests.compiler.builder import Builder
from tests.compiler.parity import assert_same_as_tflm, host_model, inputs, needs_tflm


def network(seed: int, dtype: str | None, *, side: int = 5, channels: int = 6, last: int = 3, steep: int = 1) -> bytes:
    """Convolution, depthwise, convolution, dense on weights of -8..7, as int8 or packed to int4."""
    rng = np.random.default_rng(seed)
    b = Builder()

    def learned(shape: tuple, count: int, axis: int = 0) -> list[int]:
        weights = np.array(rng.integers(-8, 8, shape), np.int8)
        scales = rng.uniform(0.02, 0.1, count).astype(np.float32) / steep
        bias = b.const(rng.integers(-200, 200, shape[axis]).astype(np.int32), scales=scales * np.float32(0.05))
        return [b.const(weights, scales=scales, axis=axis, dtype=dtype), bias]

    x, first, second, third = (b.tensor((1, side, side, c), scale=0.05, zero=-3) for c in (3, channels, channels, 5))
    flat, y = b.tensor((1, side * side * 5), scale=0.05, zero=-3), b.tensor((1, last), scale=0.2, zero=4)
    plain = {"stride_height": 1, "stride_width": 1}
    b.op("CONV_2D", [x, *learned((channels, 3, 3, 3), channels)], [first], activation="relu", **plain)
    depthwise = learned((1, 3, 3, channels), channels, 3)
    b.op("DEPTHWISE_CONV_2D", [first, *depthwise], [second], depth_multiplier=1, **plain)
    b.op("CONV_2D", [second, *learned((5, 1, 1, channels), 5)], [third], **plain)
    b.op("RESHAPE", [third, b.const(np.array([1, side * side * 5], np.int32))], [flat])
    b.op("FULLY_CONNECTED", [flat, *learned((last, side * side * 5), 1)], [y])
    return b.model([x], [y])


def outputs(model: bytes, options: Options) -> list[bytes]:
    with host_model(model, options) as (program, host):
        return [host.run(row).tobytes() for row in inputs(program, 2)]


@needs_tflm
@pytest.mark.parametrize(
    ("seed", "side", "channels", "weights"), [(1, 1, 3, "4"), (2, 4, 8, "auto"), (3, 5, 6, "4"), (4, 6, 5, "4")]
)
def test_a_network_in_four_bits_equals_its_int8_twin_in_tflm(seed, side, channels, weights):
    model = network(seed, None, side=side, channels=channels)
    program = assert_same_as_tflm(model, count=1, options=Options(weights=weights))
    narrow = [layer.lowered.bits for layer in program.layers if layer.op.kind in ("CONV_2D", "FULLY_CONNECTED")]
    assert set(narrow) == {4} or weights == "auto"


@pytest.mark.parametrize("side", [3, 4])  # 135 and 240 weights in the last layer: an odd number and an even one
def test_packed_weights_are_read_and_give_the_bytes_of_their_int8_twin(side):
    packed, twin = (network(7, dtype, side=side) for dtype in ("int4", None))
    assert len(packed) < len(twin)
    for ours, theirs in zip(read(packed).ops, read(twin).ops, strict=True):
        np.testing.assert_array_equal(ours.inputs[1].data, theirs.inputs[1].data)
    assert outputs(packed, Options()) == outputs(twin, Options(weights="8"))


def test_packed_weights_of_the_wrong_length_are_a_damaged_file():
    b = Builder()
    x, y = b.tensor((1, 5), scale=0.1), b.tensor((1, 3), scale=0.1)
    w = b.const(np.ones((3, 5), np.int8), scales=[0.1], dtype="int4")
    b.op("FULLY_CONNECTED", [x, w], [y])
    b.buffers[-1] = b.buffers[-1][:-1]
    with pytest.raises(UserError, match="tensor 2 of 8 bytes with 7 bytes of data; the file is damaged"):
        read(b.model([x], [y]))


def test_a_tensor_of_int4_that_is_computed_is_refused_by_name():
    b = Builder()
    x, y = b.tensor((1, 4), scale=0.1, dtype="int4", name="nibbles"), b.tensor((1, 4), scale=0.1)
    b.op("RELU", [x], [y])
    with pytest.raises(UserError, match="'nibbles': it is int4, expected int8"):
        prepare(b.model([x], [y]), "model")


def test_eight_bits_stay_eight_where_that_is_asked():
    program = prepare(network(7, "int4"), "model", Options(weights="8"))
    assert {layer.lowered.bits for layer in program.layers} == {8}


@pytest.mark.parametrize("optimise", ["speed", "size", "code"])
def test_every_aim_gives_the_same_bytes(optimise):
    model = network(3, None)
    assert outputs(model, Options(optimise)) == outputs(model, Options(weights="8"))


def wide(inputs: int) -> bytes:
    """A dense layer of the weight 7 for all of its inputs."""
    b = Builder()
    x, y = b.tensor((1, inputs), scale=0.1), b.tensor((1, 4), scale=100.0)
    b.op("FULLY_CONNECTED", [x, b.const(np.full((4, inputs), 7, np.int8), scales=[0.01])], [y])
    return b.model([x], [y])


@needs_tflm
@pytest.mark.parametrize(("inputs", "bits"), [(584, 4), (588, 8)])  # 128 x 7 x 585 = 2^19
def test_sums_beyond_the_highest_digit_stay_at_eight_bits(inputs, bits):
    (layer,) = assert_same_as_tflm(wide(inputs), count=1, options=Options(weights="4")).layers
    assert layer.lowered.bits == bits
    assert ("the sums of channel 3 reach" in layer.lowered.reason) == (bits == 8)


def test_compile_says_which_layers_have_four_bits_and_which_cannot(tmp_path):
    said = {}
    for name, model in (("narrow", network(7, "int4")), ("wide", wide(588))):
        path = tmp_path / f"{name}.tflite"
        path.write_bytes(model)
        arguments = ["compile", str(path), "--weights", "4", "--out", str(tmp_path / name)]
        said[name] = CliRunner().invoke(cli, arguments, catch_exceptions=False).output
    assert "weights of 4 bits in layers 0, 2, 3" in said["narrow"]
    assert "layer 0: " in said["wide"]
    assert "not in 4 bits: the sums of channel 3 reach 526,848" in said["wide"]


@needs_tflm
def test_a_model_brought_to_four_bits_equals_tflm():
    rng = np.random.default_rng(1)
    b = Builder()
    x, y = b.tensor((1, 4, 4, 8), scale=0.05, zero=-128), b.tensor((1, 4, 4, 32), scale=0.5, zero=-128)
    weights = np.array(rng.normal(0, 40, (32, 3, 3, 8)).clip(-127, 127), np.int8)
    scales = rng.uniform(0.001, 0.01, 32).astype(np.float32)
    bias = b.const(rng.integers(-9000, 9000, 32).astype(np.int32), scales=scales * np.float32(0.05))
    plain = {"stride_height": 1, "stride_width": 1}
    b.op("CONV_2D", [x, b.const(weights, scales=scales), bias], [y], activation="relu", **plain)
    model = b.model([x], [y])
    narrow = four_bits(model)
    assert len(narrow) == len(model)
    before, after = read(model).ops[0].inputs, read(narrow).ops[0].inputs
    assert np.abs(after[1].data).max() == 7
    reals = [t.data.reshape(32, -1) * t.scales[:, None] for t in (before[1], after[1])]
    assert np.abs(reals[0] - reals[1]).max() < 127 * scales.max() / 4
    np.testing.assert_allclose(after[2].data * after[2].scales, before[2].data * before[2].scales, atol=1e-2)
    program = assert_same_as_tflm(narrow)
    assert program.layers[0].lowered.bits == 4
    whole = prepare(narrow, "model", Options(weights="8")).layers[0].lowered.flash
    assert program.layers[0].lowered.flash < 0.6 * whole


def test_layers_that_have_four_bits_already_stay_as_they_are():
    packed, whole = network(7, "int4"), network(7, None)
    assert four_bits(packed) == packed
    assert np.abs(read(four_bits(whole)).ops[0].inputs[1].values).max() == 7
    committed = (ROOT / "lib/keyword_spotting_model/keyword_spotting_model.tflite").read_bytes()
    before, after = (
        [op.inputs[1] for op in read(one).ops if op.kind == "CONV_2D"] for one in (committed, four_bits(committed))
    )
    for was, made in zip(before, after, strict=True):
        largest = np.abs(made.values).max()
        assert largest == 7 if np.abs(was.values).max() > 8 else np.array_equal(was.values, made.values)
