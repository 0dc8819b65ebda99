"""A `.tflite` is untrusted: whatever its bytes, reading ends in a graph or in one clear line."""

import random
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.compiler.compile import compile_model, prepare
from ml.compiler.reader import read
from ml.errors import UserError
from tests.compiler.builder import Builder


def small_model() -> bytes:
    b = Builder()
    x = b.tensor((1, 6, 6, 2), scale=0.1, zero=3, name="image")
    w = b.const(np.ones((4, 3, 3, 2), np.int8), scales=np.full(4, 0.02))
    bias = b.const(np.arange(4, dtype=np.int32), scales=np.full(4, 0.002))
    y = b.tensor((1, 6, 6, 4), scale=0.2, zero=-5)
    b.op("CONV_2D", [x, w, bias], [y], padding=0, stride_width=1, stride_height=1, activation="relu")
    flat = b.tensor((1, 144), scale=0.2, zero=-5)
    b.op("RESHAPE", [y, b.const(np.array([1, 144], np.int32))], [flat])
    v = b.const(np.ones((3, 144), np.int8), scales=[0.01])
    z = b.tensor((1, 3), scale=0.3, zero=0)
    b.op("FULLY_CONNECTED", [flat, v, -1], [z])
    soft = b.tensor((1, 3), scale=1 / 256, zero=-128)
    b.op("SOFTMAX", [z], [soft], beta=1.0)
    return b.model([x], [soft])


GOOD = small_model()


def survives(data: bytes) -> None:
    """Preparing a model returns or raises a UserError of one line, nothing else."""
    try:
        prepare(data, "damaged.tflite")
    except UserError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 2000


def test_a_good_model_is_read():
    graph = read(GOOD)
    assert [op.kind for op in graph.ops] == ["CONV_2D", "RESHAPE", "FULLY_CONNECTED", "SOFTMAX"]
    assert graph.inputs[0].name == "image"
    assert prepare(GOOD, "m").output.shape == (1, 3)


def test_every_truncation_is_refused_or_whole():
    for length in range(0, len(GOOD), 3):
        survives(GOOD[:length])


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_changed_bytes_never_crash(changes):
    data = bytearray(GOOD)
    for at, value in changes:
        data[at] = value
    survives(bytes(data))


def test_flipped_bits_never_crash():
    chance = random.Random(0)
    for _ in range(700):
        at, bit = chance.randrange(len(GOOD)), chance.randrange(8)
        data = bytearray(GOOD)
        data[at] ^= 1 << bit
        survives(bytes(data))


@settings(max_examples=100)
@given(st.binary(max_size=200))
def test_any_bytes_never_crash(data):
    survives(data)
    survives(data[:4] + b"TFL3" + data[4:])


@pytest.mark.parametrize("value", [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFC])
def test_every_word_replaced_by_an_extreme_never_crashes(value):
    for at in range(0, len(GOOD) - 3, 4):
        data = bytearray(GOOD)
        data[at : at + 4] = struct.pack("<I", value)
        survives(bytes(data))


def test_a_file_of_another_kind_is_named():
    with pytest.raises(UserError, match="TFL3"):
        read(b"PK\x03\x04 not a model at all", "archive.zip")


def test_an_operator_that_reads_its_own_output_is_refused():
    b = Builder()
    x = b.tensor((1, 4), scale=0.1)
    y = b.tensor((1, 4), scale=0.1)
    z = b.tensor((1, 4), scale=0.1)
    b.op("ADD", [x, z], [y])
    b.op("ADD", [x, y], [z])
    with pytest.raises(UserError, match="before it is made"):
        read(b.model([x], [z]))


def test_a_tensor_larger_than_any_board_is_refused():
    b = Builder()
    x = b.tensor((1, 60000, 60000), scale=0.1)
    y = b.tensor((1, 60000, 60000), scale=0.1)
    b.op("RELU", [x], [y])
    with pytest.raises(UserError, match="64 MB"):
        read(b.model([x], [y]))


def test_a_convolution_that_would_run_for_hours_is_refused():
    b = Builder()
    x = b.tensor((1, 4000, 4000, 3), scale=0.1)
    w = b.const(np.ones((3, 200, 200, 3), np.int8), scales=[0.1])
    y = b.tensor((1, 4000, 4000, 3), scale=0.1)
    b.op("CONV_2D", [x, w], [y], padding=0, stride_width=1, stride_height=1)
    with pytest.raises(UserError, match="multiply-accumulates"):
        prepare(b.model([x], [y]), "endless.tflite")


CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.tflite"))


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_files_that_did_harm_once_do_none(path):
    survives(path.read_bytes())


def test_a_model_that_crashes_tflm_compiles_unverified(tmp_path):
    model = (Path(__file__).parent / "corpus" / "bias_left_out_which_crashes_tflm.tflite").read_bytes()
    assert not compile_model(model, "net", tmp_path).verified


def slip(op) -> None:
    raise KeyError(7)


def slipping(monkeypatch, at: int) -> None:
    """The compiler stumbles at that operator."""
    monkeypatch.setattr("ml.compiler.compile.CONTRADICTIONS", (KeyError,))
    monkeypatch.setattr("ml.compiler.compile.run_passes", lambda graph: slip(graph.ops[at]))


def test_an_error_of_the_compiler_is_called_so_with_the_operator(monkeypatch):
    slipping(monkeypatch, 1)
    with pytest.raises(UserError) as told:
        prepare(GOOD, "net.tflite")
    said = str(told.value)
    assert "error of the compiler at operator 1, RESHAPE (KeyError: 7, test_reader.py line " in said
    assert "our bug: please report it with the file" in said
    assert "damaged" not in said


def test_a_contradiction_that_the_checks_miss_is_one_line_and_the_files_fault(monkeypatch):
    """TensorFlow Lite Micro dies of this file."""
    slipping(monkeypatch, 0)
    model = (Path(__file__).parent / "corpus" / "bias_left_out_which_crashes_tflm.tflite").read_bytes()
    with pytest.raises(UserError, match=r"contradict each other at operator 0, .*: the file is damaged$"):
        prepare(model, "net.tflite")


def test_where_nobody_can_be_asked_both_are_possible(monkeypatch):
    slipping(monkeypatch, 1)
    monkeypatch.setattr("ml.compiler.tflm.available", lambda: False)
    with pytest.raises(UserError, match="the file is damaged, or, if TensorFlow Lite runs it, this is our bug"):
        prepare(GOOD, "net.tflite")
