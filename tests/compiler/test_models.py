"""The five MLPerf Tiny models compile and give TensorFlow Lite Micro's bytes."""

import zlib

import numpy as np
import pytest

from ml.compiler import HostModel, compile_model, tflm
from ml.compiler.proof import fixed_input
from tests.compiler.parity import assert_same_as_tflm, needs_tflm

MODELS = {  # file, CRC-32 of the output for the fixed input as measured with TFLM on a Cortex-M4
    "kws": ("kws_ref_model", 0x1A578907),
    "ad": ("ad01_int8", 0xD7F6E66A),
    "ic": ("pretrainedResnet_quant", 0xEF5C90CC),
    "vww": ("vww_96_int8", 0x455CEA13),
    "sww": ("str_ww_ref_model", 0xE54D3674),
}


def model_bytes(shared, name: str) -> bytes:
    return (shared / "models" / f"{MODELS[name][0]}.tflite").read_bytes()


@pytest.mark.parametrize("name", MODELS)
def test_the_output_for_the_fixed_input_has_the_measured_crc(shared, tmp_path, name):
    compiled = compile_model(model_bytes(shared, name), name, tmp_path)
    assert compiled.check == MODELS[name][1]
    host = HostModel(compiled.header)
    assert host.check()
    output = host.run(fixed_input(host.model.input_size))
    assert zlib.crc32(output.tobytes()) == compiled.check
    assert compiled.program.plan.size == compiled.program.plan.lower_bound


@needs_tflm
@pytest.mark.parametrize("name", MODELS)
def test_every_layer_equals_tflm(shared, name):
    assert_same_as_tflm(model_bytes(shared, name), count=2)


@needs_tflm
@pytest.mark.parametrize("name", MODELS)
def test_200_inputs_give_the_outputs_of_tflm(shared, tmp_path, name):
    tflite = model_bytes(shared, name)
    compiled = compile_model(tflite, name, tmp_path)
    given, made = compiled.program.input, compiled.program.output
    chance = np.random.default_rng(1)
    rows = chance.integers(-128, 128, (200, given.size), np.int8)
    rows[:3] = np.array([[-128], [127], [given.zero]])
    rows[3:40] //= 16  # quiet inputs
    reference = tflm.Reference(tflite)
    expected = np.stack([np.frombuffer(reference.run(row)[made.index], np.int8) for row in rows])
    np.testing.assert_array_equal(HostModel(compiled.header).run(rows), expected)
