"""What `ml compile` compares before it writes: a layer that differs on any input is found, with TFLM and without."""

import pytest

from ml.compiler import compile_model
from ml.errors import UserError
from tests.compiler.parity import needs_tflm
from tests.compiler.test_damaged_families import MODELS
from tests.compiler.test_edges import SAME, depthwise, softmax


@pytest.fixture(params=[pytest.param(True, marks=needs_tflm), False], ids=["with TFLM", "without TFLM"])
def at_hand(request, monkeypatch) -> bool:
    if not request.param:
        monkeypatch.setattr("ml.compiler.tflm.available", lambda: False)
    return request.param


def test_a_kernel_that_overwrites_its_input_is_found(tmp_path, monkeypatch, at_hand):
    monkeypatch.setattr("ml.compiler.packing.depthwise_in_place", lambda numbers: True)
    with pytest.raises(UserError, match=r"layer 0_depthwise_conv_2d has the CRC-32 .* nothing was written"):
        compile_model(depthwise(16, 14, 2, SAME), "net", tmp_path)
    assert not list(tmp_path.iterdir())


def test_the_header_says_what_it_was_compared_with(tmp_path, at_hand):
    compiled = compile_model(depthwise(16, 14, 2, SAME), "net", tmp_path)
    against = "TensorFlow Lite Micro" if at_hand else "the reference kernels"
    assert f"every layer equals {against} on 12 inputs" in compiled.header.read_text().replace("\n//    ", "")
    assert compiled.verified == at_hand


@needs_tflm
def test_inputs_that_tflm_dies_of_are_left_out(tmp_path):
    proof = compile_model(softmax(600), "net", tmp_path).proof
    assert 0 < proof.inputs < 12 and "TensorFlow Lite Micro" in str(proof)


@needs_tflm
def test_layers_with_state_are_compared_from_input_to_input(tmp_path):
    name = next(name for name in MODELS if "svdf" in name.lower() or "lstm" in name.lower())
    assert compile_model(MODELS[name], "net", tmp_path).proof.inputs == 12
