"""The wake-word and the keyword model in streaming form, on this computer and on the emulated Cortex-M4."""

import zlib

import numpy as np
import pytest

from ml.compiler import HostModel, compile_model
from ml.compiler.compile import prepare
from ml.compiler.operators import Options
from ml.compiler.streaming import Request
from tests.compiler.parity import needs_tflm
from tests.compiler.streaming.m4 import OnM4
from tests.compiler.streaming.windows import Truth, assert_stream_equals_windows, random_stream

FILES = {"sww": "str_ww_ref_model", "kws": "kws_ref_model"}
CRCS = {"sww": 0xE54D3674, "kws": 0x1A578907}  # of the whole window's output for the fixed input


def tflite(shared, name: str) -> bytes:
    return (shared / "models" / f"{FILES[name]}.tflite").read_bytes()


@needs_tflm
@pytest.mark.parametrize("optimise", ["speed", "size"])
@pytest.mark.parametrize(("name", "hop"), [("sww", 1), ("sww", 3), ("sww", 7), ("kws", 2), ("kws", 6)])
def test_every_layer_of_every_step_equals_tflm(shared, name, hop, optimise):
    assert_stream_equals_windows(tflite(shared, name), hop, optimise, steps=12)


@pytest.mark.parametrize(("name", "hop"), [("sww", 1), ("kws", 2)])
def test_a_long_stream_gives_the_outputs_of_the_compiled_window(shared, tmp_path, name, hop):
    model = tflite(shared, name)
    whole = HostModel(compile_model(model, "whole", tmp_path).header)
    compiled = compile_model(model, "steps", tmp_path, stream=Request(hop))
    stream = compiled.program.stream
    rows = random_stream(600 * hop, stream.window_size // stream.rows, 8)
    rows[100 * hop :] //= 8  # quiet from here on
    outputs = HostModel(compiled.header).run(rows)
    starts = np.arange(stream.warm_up * hop - stream.rows, len(rows) - stream.rows + 1, hop)
    windows = np.stack([rows[start : start + stream.rows] for start in starts])
    np.testing.assert_array_equal(outputs[stream.warm_up - 1 :], whole.run(windows))


@pytest.mark.parametrize(("name", "hop"), [("sww", 1), ("sww", 5), ("kws", 14)])
def test_the_header_states_the_crc_of_a_full_window(shared, tmp_path, name, hop):
    """Where the hop divides the window, the window is that of the fixed input: the known CRC-32."""
    compiled = compile_model(tflite(shared, name), name, tmp_path, stream=Request(hop))
    host = HostModel(compiled.header)
    assert compiled.check == host.stream.check == host.stream_crc()
    assert host.stream_check()
    assert host.check()
    if compiled.program.stream.rows % hop == 0:
        assert compiled.check == CRCS[name]


def test_a_step_of_the_wake_word_costs_what_is_new(shared):
    program = prepare(tflite(shared, "sww"), "sww", None, Request(1))
    assert program.macs == 46_040  # 17.9 times fewer than 826,368; a row of each layer, and the dense end
    assert program.state == 3 * 40 + (5 + 10 + 15) * 128  # a kernel's rows of what it reads


def test_less_ram_is_bought_with_more_work(shared):
    model = tflite(shared, "kws")
    fast, small = prepare(model, "kws", None, Request(2)), prepare(model, "kws", None, Request(2, ram=20_000))
    assert small.ram <= 20_000 < fast.ram
    assert fast.macs < small.macs < fast.stream.window_macs


@pytest.mark.parametrize(("name", "hop"), [("sww", 2), ("kws", 4)])
def test_the_emulated_m4_gives_the_same_bytes_with_fewer_instructions(shared, tmp_path, name, hop):
    model = tflite(shared, name)
    truth, program = Truth(model), prepare(model, name, None, Request(hop))
    stream = program.stream
    rows = random_stream((stream.warm_up + 3) * hop, stream.window_size // stream.rows, 4)
    board, outputs = OnM4(program, tmp_path), []
    for start in range(0, len(rows), hop):
        output, step = board.run(rows[start : start + hop])
        outputs.append(output)
    for back in range(3):
        end = len(rows) - back * hop
        assert outputs[-1 - back] == truth.tensors(rows[end - stream.rows : end])[program.output.index]
    _, whole = OnM4(prepare(model, name), tmp_path).run(rows[-stream.rows :])
    assert sum(count.instructions for count in step) < 0.6 * sum(count.instructions for count in whole)


def test_the_same_model_gives_the_same_bytes(shared, tmp_path):
    texts = set()
    for folder in ("a", "b"):
        compiled = compile_model(tflite(shared, "sww"), "sww", tmp_path / folder, stream=Request(1), options=Options())
        texts.add(zlib.crc32(compiled.header.read_bytes()))
    assert len(texts) == 1
