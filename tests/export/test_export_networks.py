"""A bare model as a library: no front end, the outputs of the compiled header; several ends, state, streaming form."""

import ctypes
from pathlib import Path

import numpy as np
import pytest

from ml.compiler import HostModel, compile_model
from ml.compiler.streaming import Request
from ml.native.build import compiler
from tests.compiler.parity import needs_tflm
from tests.compiler.test_ends import two_and_three
from tests.compiler.test_variables import wake_word
from tests.export.exported import STRICT, build, export, units

pytestmark = needs_tflm


def called(header: Path, folder: Path, name: str) -> ctypes.CDLL:
    """The library of a header, without a warning; its example is built too."""
    library = export(header, folder / "library")
    assert not list((library / "src" / name).glob("[!n]*/*.c"))  # kernels, and nothing around them
    flags = [compiler(), *STRICT, "-std=c99", "-O0", "-fPIC", "-I", library / "src", *units(library), "-lm"]
    build([*flags, "-shared", "-o", folder / "library.so"])
    example = folder / "example"
    build([*flags, library / "examples" / name / "main.c", "-o", example])
    assert "self-check passed" in build([example])
    return ctypes.CDLL(str(folder / "library.so"))


def at(function, kind: str, count: int) -> np.ndarray:
    function.restype = ctypes.POINTER(np.ctypeslib.as_ctypes_type(np.dtype(kind)))
    return np.ctypeslib.as_array(function(), (count,))


def test_several_inputs_and_outputs_have_functions_of_their_own(tmp_path):
    header = compile_model(two_and_three(), "net", tmp_path).header
    expected = HostModel(header)
    net = called(header, tmp_path, "net")
    draw = np.random.default_rng(1)
    for _ in range(5):
        image = draw.integers(-128, 128, 60).astype(np.int8)
        values = draw.integers(-3000, 3000, 5).astype(np.int16)
        given = np.concatenate([image, np.frombuffer(values.tobytes() + b"\0\0", np.int8)])
        at(net.net_input_0, "int8", 60)[:] = image
        at(net.net_input_1, "int16", 5)[:] = values
        net.net_run()
        found = expected.run(given[None])[0]
        np.testing.assert_array_equal(at(net.net_output_0, "int8", 4), found[:4])
        np.testing.assert_array_equal(at(net.net_output_1, "int8", 60), found[4:64])
        np.testing.assert_array_equal(at(net.net_output_2, "int8", 5), found[64:69])


def test_state_is_kept_from_run_to_run_and_reset(tmp_path):
    header = compile_model(wake_word(), "wake", tmp_path).header
    expected, wake = HostModel(header), called(header, tmp_path, "wake")
    rows = np.random.default_rng(2).integers(-128, 128, (6, 12)).astype(np.int8)
    expected.reset()
    truth = expected.run(rows).view(np.uint8)

    def answers() -> list[list[int]]:
        made = []
        for row in rows:
            at(wake.wake_input, "int8", 12)[:] = row
            wake.wake_run()
            made.append(at(wake.wake_output, "uint8", 12).tolist())
        return made

    assert answers() == truth.tolist()  # without a call of reset before the first run
    assert answers() != truth.tolist()
    wake.wake_reset()
    assert answers() == truth.tolist()


def test_numbers_are_rounded_and_saturated(tmp_path):
    wake = called(compile_model(wake_word(), "wake", tmp_path).header, tmp_path, "wake")
    wake.wake_quantise.argtypes, wake.wake_quantise.restype = [ctypes.c_float], ctypes.c_int8
    wake.wake_dequantise.argtypes, wake.wake_dequantise.restype = [ctypes.c_uint8], ctypes.c_float
    reals = (0.0, 0.14, 0.16, -0.16, 1e30, -1e30, float("inf"), float("nan"))
    assert [wake.wake_quantise(real) for real in reals] == [-5, -4, -3, -7, 127, -128, 127, -5]
    assert wake.wake_dequantise(128) == 0.5


def test_the_streaming_form_says_when_its_window_is_full(shared, tmp_path):
    model = (shared / "models" / "str_ww_ref_model.tflite").read_bytes()
    header = compile_model(model, "steps", tmp_path, stream=Request(3)).header
    expected, steps = HostModel(header), called(header, tmp_path, "steps")
    rows = np.random.default_rng(4).integers(-128, 128, (14 * 3, 40)).astype(np.int8)
    truth, full = expected.run(rows), []
    steps.steps_push.restype = ctypes.c_bool
    for row, outputs in zip(rows.reshape(14, 120), truth, strict=True):
        at(steps.steps_input, "int8", 120)[:] = row
        full.append(steps.steps_push())
        np.testing.assert_array_equal(at(steps.steps_output, "int8", 3), outputs)
    assert full == [False] * 9 + [True] * 5


@pytest.mark.parametrize("words", [("--for", "platformio", "--name", "mine")])
def test_a_tflite_is_compiled_and_exported_at_once(ml, tmp_path, words):
    (tmp_path / "3x3 Net.tflite").write_bytes(wake_word())
    ml("export", tmp_path / "3x3 Net.tflite", *words, "--out", tmp_path / "out")
    assert (tmp_path / "out" / "src" / "mine.h").is_file()
    assert "its header does not say" in (tmp_path / "out" / "NOTICE").read_text()
