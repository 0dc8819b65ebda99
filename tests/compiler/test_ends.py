"""Models with several inputs and outputs: a block of bytes for each side, and names for their places in the header."""

import ctypes

import numpy as np
import pytest
from click.testing import CliRunner

from ml.cli import cli
from ml.compiler.compile import compile_model, prepare
from ml.compiler.host import HostModel
from ml.compiler.operators import Options
from ml.errors import UserError
from ml.image import pack
from ml.image.host import HostImage
from tests.compiler import strategies as draw_from
from tests.compiler.builder import Builder
from tests.compiler.parity import assert_same_as_tflm, needs_tflm
from tests.compiler.test_header import COMPILERS, assert_no_warning


def two_and_three() -> bytes:
    """An image and five int16 values in; scores, the image's features and the values on another scale out."""
    b = Builder()
    image = b.tensor((1, 5, 3, 4), scale=0.1, zero=3, name="image")
    values = b.tensor((1, 5), dtype="int16", scale=0.001, name='say "hi"')
    w = b.const(draw_from.weights(1, (4, 1, 1, 4)), scales=0.01)
    features = b.tensor((1, 5, 3, 4), scale=0.3, zero=-7, name="features")
    options = draw_from.convolution_options({"padding": 0, "stride": (1, 1), "dilation": (1, 1)}, "none")
    b.op("CONV_2D", [image, w, b.const(draw_from.biases(2, 4), scales=0.001)], [features], **options)
    total = b.tensor((1, 5, 3, 4), scale=0.5, zero=0)
    b.op("ADD", [features, image], [total])
    scores = b.tensor((1, 4), scale=0.2, zero=0, name="scores")
    b.op("MEAN", [total, b.const(np.array([1, 2], np.int32))], [scores])
    other = b.tensor((1, 5), scale=0.2, zero=9, name="other")
    b.op("QUANTIZE", [values], [other])
    return b.model([image, values], [scores, features, other])


@needs_tflm
@pytest.mark.parametrize("optimise", ["speed", "size", "reference"])
def test_every_layer_equals_tflm(optimise):
    program = assert_same_as_tflm(two_and_three(), options=Options(optimise))
    assert (program.input.size, program.output.size) == (60 + 12, 4 + 60 + 8)  # each begins at a multiple of four


def same_twice(kind: str) -> bytes:
    """An output that is an input, a constant, another output, or another output's memory under another shape."""
    b = Builder()
    x, z = b.tensor((1, 6), scale=0.1), b.tensor((1, 6), scale=0.1)
    y = b.tensor((1, 6), scale=0.1)
    b.op("RELU", [x], [y])
    b.op("ADD", [x, y], [z])
    turned = b.tensor((6, 1), scale=0.1)
    b.op("RESHAPE", [z, b.const(np.array([6, 1], np.int32))], [turned])
    constant = b.const(np.arange(6, dtype=np.int8), scales=[0.1])
    return b.model([x], {"input": [x, z], "twice": [z, z], "view": [z, turned, y], "constant": [z, constant]}[kind])


@needs_tflm
@pytest.mark.parametrize("kind", ["input", "twice", "view", "constant"])
def test_an_output_that_is_something_else_too_has_a_place_of_its_own(kind, tmp_path):
    made = compile_model(same_twice(kind), "net", tmp_path)
    assert made.verified
    row = np.arange(-3, 3, dtype=np.int8)
    out = HostModel(made.header).run(row[None])[0]
    total = row + np.maximum(row, 0)
    first = {"input": row, "twice": total, "view": total, "constant": total}[kind]
    second = {"input": total, "twice": total, "view": total, "constant": np.arange(6)}[kind]
    assert out[:6].tolist() == first.tolist() and out[8:14].tolist() == second.tolist()


@pytest.mark.parametrize("standard", ["c99", "c++11"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_header_names_each_end_and_its_type(tmp_path, compiler, standard):
    use = """
#include <string.h>
const nn_model *use_{name}(void);
const nn_model *use_{name}(void) {{
    uint8_t *image = (uint8_t *)NET0_INPUT_0;
    int16_t *values = NET0_INPUT_1;
    memset(image, 3, NET0_INPUT_0_VALUES);
    for (int i = 0; i < NET0_INPUT_1_VALUES; i++) values[i] = (int16_t)(i * 100);
    nn_run(&{name}_model);
    const float score = NET0_OUTPUT_0_SCALE * (float)(NET0_OUTPUT_0[0] - NET0_OUTPUT_0_ZERO);
    return NET0_INPUTS == 2 && NET0_OUTPUTS == 3 && score > 0.0f ? &{name}_model : NULL;
}}
"""
    assert_no_warning(tmp_path, compiler, standard, [prepare(two_and_three(), "model")], use)


@needs_tflm
def test_an_image_has_the_blocks_too(tmp_path):
    made = compile_model(two_and_three(), "net", tmp_path)
    compiled, image = HostModel(made.header), HostImage(pack(made.header, host=True).data)
    for row in np.random.default_rng(0).integers(-128, 128, (3, 72)).astype(np.int8):
        assert image.layers(row) == compiled.layers(row)
        assert image.run(row[None]).tolist() == compiled.run(row[None]).tolist()


@pytest.mark.parametrize("command", [["compile", "--out"], ["verify"], ["profile"]])
def test_the_commands_take_such_a_model(tmp_path, command):
    path = tmp_path / "net.tflite"
    path.write_bytes(two_and_three())
    out = [str(tmp_path / "out")] if command[-1] == "--out" else []
    done = CliRunner().invoke(cli, [command[0], str(path), *command[1:], *out])
    assert done.exit_code == 0, done.output


def test_an_input_that_is_listed_twice_is_refused_by_name():
    b = Builder()
    x, y = b.tensor((1, 6), scale=0.1, name="ears"), b.tensor((1, 6), scale=0.1)
    b.op("RELU", [x], [y])
    with pytest.raises(UserError, match="the input tensor 0 'ears' is listed twice"):
        prepare(b.model([x, x], [y]), "net")


def test_a_model_without_an_output_is_refused():
    b = Builder()
    x, y = b.tensor((1, 6), scale=0.1), b.tensor((1, 6), scale=0.1)
    b.op("RELU", [x], [y])
    with pytest.raises(UserError, match="no output, expected at least one"):
        prepare(b.model([x], []), "net")


def test_the_streaming_form_wants_one_of_each(tmp_path):
    path = tmp_path / "net.tflite"
    path.write_bytes(two_and_three())
    done = CliRunner().invoke(cli, ["compile", str(path), "--stream", "--hop", "1", "--out", str(tmp_path / "out")])
    assert done.exit_code == 1
    assert "cannot be streamed: the model has 2 inputs and 3 outputs, expected one of each" in str(done.exception)


def test_gaps_behind_outputs_of_several_types_are_cleared(tmp_path):
    """The int16 output is made last, and lies before the odd int8 one."""
    b = Builder()
    x, narrow = b.tensor((1, 5), scale=0.1), b.tensor((1, 5), scale=0.1, zero=3)
    wide = b.tensor((1, 5), dtype="int16", scale=0.001)
    b.op("QUANTIZE", [x], [narrow])
    b.op("QUANTIZE", [narrow], [wide])
    host = HostModel(compile_model(b.model([x], [wide, narrow]), "net", tmp_path).header)
    ctypes.memset(host.model.arena, 0x55, host.model.arena_size)
    made = host.run(np.zeros((1, 5), np.int8))[0]
    assert len(made) == 20 and made[10:12].tolist() == [0, 0] and made[17:].tolist() == [0, 0, 0]


def test_the_checksum_does_not_depend_on_what_lay_between_the_outputs(tmp_path):
    host = HostModel(compile_model(two_and_three(), "net", tmp_path).header)
    assert host.check()
    for paint in (0x55, 0xAA):
        ctypes.memset(host.model.arena, paint, host.model.arena_size)
        assert host.check()
