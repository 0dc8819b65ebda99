"""What a refusal says: what was found, where, and what to do, in one short line."""

import flatbuffers
import numpy as np
import pytest

from ml.compiler.compile import prepare
from ml.compiler.reader import read
from ml.errors import UserError
from tests.compiler import builder
from tests.compiler.builder import Builder

LONGEST = 400


def refusal(tflite: bytes) -> str:
    with pytest.raises(UserError) as refused:
        prepare(tflite, "net.tflite")
    said = str(refused.value)
    assert "\n" not in said and len(said) < LONGEST
    return said


def relu(shape=(1, 4), **given) -> bytes:
    b = Builder()
    x, y = b.tensor(shape, scale=0.1, **given), b.tensor(shape, scale=0.1)
    b.op("RELU", [x], [y])
    return b.model([x], [y])


def test_an_axis_without_a_length_is_refused_unless_it_is_the_batch():
    assert prepare(relu(signature=(-1, 4)), "net").input.shape == (1, 4)
    said = refusal(relu((1, 1, 4), signature=(-1, -1, 4), name="sound"))
    assert "'sound'" in said and "axis 1 has no fixed length" in said and "fixed input shape" in said


@pytest.mark.parametrize("number, name", [(17, "int4"), (18, "bfloat16"), (19, "int2"), (20, "uint4")])
def test_a_type_of_a_newer_schema_is_named(monkeypatch, number, name):
    monkeypatch.setitem(builder.TYPE, name, number)
    b = Builder()
    x, y = b.tensor((1, 4), scale=0.1, dtype=name), b.tensor((1, 4), scale=0.1, dtype=name)
    b.op("RELU", [x], [y])
    assert f"it is {name}, expected int8" in refusal(b.model([x], [y]))


def test_a_newer_version_of_the_schema_is_no_damage():
    tflite = bytearray(relu())
    tflite[tflite.index(b"\x03\x00\x00\x00", 8)] = 4
    assert "schema version 3, found 4" in refusal(bytes(tflite))


class Outside(Builder):
    """Writes constants as newer converters do: an offset and a size in place of the bytes."""

    def _buffer(self, f, data: bytes):
        f.StartObject(3)
        if data:
            f.PrependUint64Slot(1, 4096, 0)
            f.PrependUint64Slot(2, len(data), 0)
        return f.EndObject()


def test_data_outside_the_tables_is_said_to_be_there():
    b = Outside()
    x, y = b.tensor((1, 4), scale=0.1), b.tensor((1, 3), scale=0.1)
    b.op("FULLY_CONNECTED", [x, b.const(np.ones((3, 4), np.int8), scales=0.1, name="weights"), -1], [y])
    said = refusal(b.model([x], [y]))
    assert "'weights'" in said and "external buffers" in said


def test_control_flow_names_the_operator(monkeypatch):
    """The model's one subgraph is listed twice."""
    offsets = builder._offsets
    b = Builder()
    x, y, z = (b.tensor((1, 4), scale=0.1) for _ in range(3))
    b.op("RELU", [x], [y])
    b.op("WHILE", [y], [z])
    monkeypatch.setattr(builder, "_offsets", lambda f, given: offsets(f, given * (2 if len(given) == 1 else 1)))
    said = refusal(b.model([x], [z]))
    assert "found 2" in said and "operator 1 WHILE" in said


@pytest.mark.parametrize("custom, chip", [("ethos-u", "Ethos-U"), ("edgetpu-custom-op", "Coral")])
def test_a_model_for_an_accelerator_is_called_that(custom, chip):
    b = Builder()
    x, y, scratch = b.tensor((1, 4), scale=0.1), b.tensor((1, 4), scale=0.1), b.tensor((64,), dtype="uint8")
    b.op(custom, [b.const(np.zeros(8, np.uint8)), scratch, x], [y])
    said = refusal(b.model([x], [y]))
    assert chip in said and "before that step" in said and "damaged" not in said


def test_a_float_model_is_told_in_one_short_line_to_quantise_fully():
    b = Builder()
    at = first = b.tensor((1, 8), dtype="float32", name="input")
    for number in range(20):
        made = b.tensor((1, 8), dtype="float32", name=f"a_rather_long_name_of_a_layer/in_a_block/{number}")
        b.op("FULLY_CONNECTED", [at, b.const(np.ones((8, 8), np.float32)), -1], [made])
        at = made
    said = refusal(b.model([first], [at]))
    assert "20 of 20 operators work on float32" in said and "operator 0 FULLY_CONNECTED" in said
    assert "quantise the model fully" in said


def test_a_float_part_of_a_model_is_named_beside_what_else_is_missing():
    b = Builder()
    x, y, z, w = (b.tensor((1, 8), **kind) for kind in ({"scale": 0.1}, {"dtype": "float32"}, {"dtype": "float32"}, {}))
    b.op("DEQUANTIZE", [x], [y])
    b.op("RELU", [y], [z])
    b.op("TFLite_Detection_PostProcess", [z], [w])
    said = refusal(b.model([x], [w]))
    assert "1 of 3 operators works on float32: operator 1 RELU" in said
    assert "DEQUANTIZE" in said and "TFLite_Detection_PostProcess" in said


def test_reading_a_file_of_nothing_names_what_is_expected():
    with pytest.raises(UserError, match="TFL3"):
        read(bytes(flatbuffers.Builder(16).Bytes), "empty.tflite")
