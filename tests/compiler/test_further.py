"""The operators that models from elsewhere bring, beside what tests/compiler/test_each_layer.py draws."""

import shutil
from importlib.util import find_spec

import numpy as np
import pytest

from ml.compiler.compile import compile_model, prepare
from ml.compiler.host import HostModel
from ml.compiler.streaming import Request
from ml.errors import UserError
from ml.image import pack
from ml.image.host import HostImage
from ml.profile import image
from ml.train.keras import tensorflow
from tests.compiler import strategies as draw_from
from tests.compiler.builder import Builder
from tests.compiler.further import Chain, further, further_int16
from tests.compiler.fuzz import batch
from tests.compiler.parity import assert_same_as_tflm, host_model, needs_tflm
from tests.compiler.test_ends import two_and_three
from tests.compiler.test_variables import wake_word

needs_tensorflow = pytest.mark.skipif(find_spec("tensorflow") is None, reason="TensorFlow is not installed")
ALL = np.arange(-128, 128, dtype=np.int8)


@needs_tflm
def test_a_model_of_the_int16_operators_equals_tflm():
    assert_same_as_tflm(further_int16())


@pytest.mark.parametrize("model", [further, further_int16])
def test_an_image_gives_the_bytes_of_the_header(model, tmp_path):
    made = compile_model(model(), "net", tmp_path)
    compiled, packed = HostModel(made.header), HostImage(pack(made.header, host=True).data)
    for row in np.random.default_rng(0).integers(-128, 128, (3, compiled.model.input_size)).astype(np.int8):
        assert packed.layers(row) == compiled.layers(row)


def litert(model: bytes, rows: np.ndarray) -> np.ndarray:
    """What LiteRT makes of them."""
    runtime = tensorflow().lite.Interpreter(
        model_content=model,
        experimental_op_resolver_type=tensorflow().lite.experimental.OpResolverType.BUILTIN_REF,
    )
    runtime.allocate_tensors()
    given, made = runtime.get_input_details()[0], runtime.get_output_details()[0]
    outputs = []
    for row in rows:
        runtime.set_tensor(given["index"], row.reshape(given["shape"]).astype(given["dtype"]))
        runtime.invoke()
        outputs.append(runtime.get_tensor(made["index"]).copy())
    return np.stack(outputs)


@needs_tensorflow
@pytest.mark.parametrize("scale, zero, out", [(0.02, 3, 0.1), (0.05, -128, 2.0), (0.1, 127, 0.004)])
def test_exp_equals_litert_as_tflm_has_it_in_floating_point_only(scale, zero, out):
    c = Chain((1, 256), scale=scale, zero=zero)
    c.then("EXP", (1, 256), scale=out, zero=-128)
    model = c.b.model([c.first], [c.at])
    with host_model(model) as (_, host):
        np.testing.assert_array_equal(host.run(ALL)[0], litert(model, ALL[None])[0, 0])


@needs_tensorflow
def test_a_tile_repeats_as_litert_does():
    c = Chain((1, 2, 3, 2))
    c.then("TILE", (1, 4, 9, 2), c.ints(1, 2, 3, 1))
    model, row = c.b.model([c.first], [c.at]), np.arange(12, dtype=np.int8)
    with host_model(model) as (_, host):
        np.testing.assert_array_equal(host.run(row)[0], litert(model, row[None]).ravel())


def test_padding_to_batches_is_the_zero_point():
    """TFLM's kernel never sets the value that it pads with."""
    c = Chain((1, 3, 3, 1), zero=-7)
    edges = c.b.const(np.array([[1, 0], [2, 1]], np.int32))
    c.then("SPACE_TO_BATCH_ND", (4, 2, 3, 1), c.ints(2, 2), edges, zero=-7)
    with host_model(c.b.model([c.first], [c.at])) as (_, host):
        made = host.run(np.arange(1, 10, dtype=np.int8))[0].reshape(4, 2, 3)
    padded = np.full((4, 6), -7, np.int8)
    padded[1:, 2:5] = np.arange(1, 10).reshape(3, 3)
    phases = [padded[i::2, j::2] for i in (0, 1) for j in (0, 1)]
    np.testing.assert_array_equal(made, np.stack(phases))


@needs_tensorflow
@pytest.mark.parametrize("batch", [None, 1])
def test_dilations_with_an_open_batch_are_one_convolution(batch):
    from tests.compiler.test_keras import int8  # noqa: PLC0415 - TensorFlow is slow

    k = tensorflow().keras
    k.utils.set_random_seed(3)
    x = given = k.layers.Input((9, 7, 4), batch_size=batch)
    x = k.layers.Conv2D(5, 3, dilation_rate=2, padding="same", activation="relu")(x)
    x = k.layers.DepthwiseConv2D(3, dilation_rate=(3, 1))(x)
    model = int8(k.Model(given, x))
    program = prepare(model, "model")
    kinds = [layer.op.kind for layer in program.layers if layer.op.kind != "RELU"]
    assert kinds == ["CONV_2D", "DEPTHWISE_CONV_2D"]
    rows = np.random.default_rng(0).integers(-128, 128, (3, 9 * 7 * 4)).astype(np.int8)
    with host_model(model) as (_, host):
        made = host.run(rows)
    np.testing.assert_array_equal(made, litert(model, rows).reshape(made.shape))


def dilated(**changes) -> bytes:
    """SPACE_TO_BATCH_ND, a VALID convolution, BATCH_TO_SPACE_ND, with shapes that TFLM takes."""
    how = {"pads": [[2, 2], [2, 3]], "crops": [[0, 0], [0, 1]], "stride": 1, "scale": 0.3} | changes
    c = Chain((1, 4, 5, 3))
    c.then("SPACE_TO_BATCH_ND", (4, 4, 5, 3), c.ints(2, 2), c.b.const(np.array(how["pads"], np.int32)))
    weights = c.b.const(np.arange(-54, 54, dtype=np.int8).reshape(4, 3, 3, 3), scales=[0.01])
    side = 2 if how["stride"] == 1 else 1
    options = {"padding": 1, "stride_height": how["stride"], "stride_width": 1, "activation": "none"}
    c.then("CONV_2D", (4, side, 3, 4), weights, scale=0.3, **options)
    crops = c.b.const(np.array(how["crops"], np.int32))
    width = 6 - sum(how["crops"][1])
    c.then("BATCH_TO_SPACE_ND", (1, 2 * side, width, 4), c.ints(2, 2), crops, scale=how["scale"])
    return c.b.model([c.first], [c.at])


@pytest.mark.parametrize("changes, joined", [({}, True), ({"stride": 2}, False), ({"crops": [[0, 0], [1, 0]]}, False)])
def test_only_what_is_a_dilation_becomes_one(changes, joined):
    kinds = [layer.op.kind for layer in prepare(dilated(**changes), "model").layers]
    assert (kinds == ["CONV_2D"]) == joined, kinds


@needs_tflm
def test_a_streaming_form_keeps_uint8_ends_and_goes_on_behind_a_table(tmp_path):
    c = Chain((1, 16, 1, 4), dtype="uint8", zero=131)
    c.dtype = "int8"
    c.then("QUANTIZE", (1, 16, 1, 4))
    walk = draw_from.convolution_options({"padding": 1, "stride": (1, 1), "dilation": (1, 1)}, "none")
    for rows, depth in ((14, 4), (12, 8)):
        weights = c.b.const(draw_from.weights(rows, (8, 3, 1, depth)), scales=[0.01])
        c.then("CONV_2D", (1, rows, 1, 8), weights, **walk)
        c.then("ELU", (1, rows, 1, 8))
    c.then("QUANTIZE", (1, 12, 1, 8), dtype="uint8", zero=131)
    model = c.b.model([c.first], [c.at])
    made = compile_model(model, "net", tmp_path, stream=Request(hop=2))
    assert made.verified
    assert made.program.macs < 0.3 * prepare(model, "net").macs


REFUSED = {
    "TILE": (lambda c: c.then("TILE", (1, 4, 4), c.ints(1, 0, 1)), "a number is not 1..65535"),
    "GATHER": (lambda c: c.then("GATHER", (1, 2, 4), c.ints(0, 4), axis=1), "a number is not 0..3"),
    "MIRROR_PAD": (
        lambda c: c.then("MIRROR_PAD", (1, 8, 4), c.b.const(np.array([[0, 0], [4, 0], [0, 0]], np.int32)), mode=0),
        "larger than what can be mirrored",
    ),
    "SPACE_TO_DEPTH": (lambda c: c.then("SPACE_TO_DEPTH", (1, 2, 2), block_size=2), "dimensions, expected 4"),
    "ARG_MAX": (lambda c: c.then("ARG_MAX", (1, 4), c.ints(1)), "it is int8, expected int32"),
    "CAST": (lambda c: c.then("CAST", (1, 4, 4), dtype="int64"), "it is int64, expected int8"),
    "LOG_SOFTMAX": (lambda c: c.then("LOG_SOFTMAX", (1, 4, 4)), "its scale is not 1/16"),
    "RESIZE_BILINEAR": (lambda c: c.then("RESIZE_BILINEAR", (1, 4, 4), c.ints(4, 4)), "dimensions, expected 4"),
    "PRELU": (lambda c: c.then("PRELU", (1, 4, 4), c.b.const(np.ones(3, np.int8), scales=[0.1])), "meet along axis"),
    "UNPACK": (lambda c: c.then("UNPACK", (1, 4), num=3, axis=1), "it has not as many outputs as it says"),
    "PACK": (lambda c: c.then("PACK", (1, 4, 4), c.first, axis=0), "its shape is"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_makes_no_sense_is_refused_by_name_in_one_line(kind):
    spoil, why = REFUSED[kind]
    c = Chain((1, 4, 4))
    spoil(c)
    with pytest.raises(UserError) as refused:
        prepare(c.b.model([c.first], [c.at]), "model.tflite")
    said = str(refused.value)
    assert f"operator 0 {kind} at tensor" in said and why in said and "\n" not in said


@needs_tflm
def test_numbers_may_be_an_input_and_one_outside_takes_the_nearest_row(tmp_path):
    b = Builder()
    numbers = b.tensor((3,), dtype="int32")
    table = b.const(np.arange(10, dtype=np.int8).reshape(5, 2), scales=[0.1])
    rows = b.tensor((3, 2), scale=0.1)
    b.op("GATHER", [table, numbers], [rows], axis=0)
    made = compile_model(b.model([numbers], [rows]), "net", tmp_path)
    assert made.verified
    out = HostModel(made.header).run(np.array([[4, -9, 99]], np.int32))[0]
    assert out.tolist() == [8, 9, 0, 1, 8, 9]


def test_state_several_ends_and_new_kernels_give_the_same_bytes_on_an_emulated_cortex_m4(tmp_path):
    """Every layer of six inputs, one after the other: state runs on."""
    if missing := [tool for tool in (image.COMPILER, "qemu-system-arm") if not shutil.which(tool)]:
        pytest.skip(f"not installed: {', '.join(missing)}")
    models = {"wake word": wake_word(), "ends": two_and_three(), "int8": further(), "int16": further_int16()}
    programs = [prepare(model, name) for name, model in models.items()]
    chance = np.random.default_rng(0)
    rows = [chance.integers(-128, 128, (6, program.input.size)).astype(np.int8) for program in programs]
    made = {}
    for target in ("host", "cortex-m4"):
        folder = tmp_path / target
        folder.mkdir()
        made[target], said = batch.run(programs, rows, target, folder)
        assert all(len(one) == 6 for one in made[target]), said
    for name, here, there in zip(models, made["host"], made["cortex-m4"], strict=True):
        assert here == there, name
