"""What `ml compile --engine tflm` writes: it compiles against the declarations of the published headers, has exactly
the model's operators, and an arena of the size that TensorFlow Lite Micro's own package needs and no more."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ml.compiler import tflm
from ml.compiler.host import HostModel
from ml.compiler.proof import fixed_input
from ml.engine import resolver
from ml.engine.arena import CMSIS_NN, OPERATOR, TENSOR, arena, measure
from ml.engine.outline import outline
from ml.engine.write import SETTINGS
from ml.errors import UserError
from ml.paths import ROOT
from tests.compiler.builder import Builder

DECLARED = Path(__file__).parent / "declared"
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Werror", "-fno-rtti", "-fno-exceptions", "-fno-threadsafe-statics")
FLAGS = (*WARNINGS, "-DNN_RUN_BY_ENGINE", f"-I{ROOT}/lib/engine_tflm/include", f"-I{ROOT}/lib/nn/include")
COMPILERS = ("g++", "clang++", "arm-none-eabi-g++")
needs_tflm = pytest.mark.skipif(not tflm.available(), reason="the package tflite-micro is not installed")


def network() -> bytes:
    """Two convolutions and a softmax."""
    b, rng = Builder(), np.random.default_rng(1)
    x = b.tensor((1, 8, 8, 3), scale=0.1, zero=3)
    middle, flat = b.tensor((1, 8, 8, 4), scale=0.2, zero=-5), b.tensor((1, 8, 8, 4), scale=1 / 256, zero=-128)
    weights = b.const(rng.integers(-127, 128, (4, 3, 3, 3), np.int8), scales=0.01)
    bias = b.const(np.zeros(4, np.int32), scales=0.001)
    options = {"stride_width": 1, "stride_height": 1, "dilation_width": 1, "dilation_height": 1}
    b.op("CONV_2D", [x, weights, bias], [middle], **options)
    b.op("SOFTMAX", [middle], [flat], beta=1.0)
    return b.model([x], [flat])


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("net")
    (path / "net.tflite").write_bytes(network())
    command = [sys.executable, "-m", "ml", "compile", str(path / "net.tflite"), "--engine", "tflm", "--out", str(path)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    return path


@needs_tflm
@pytest.mark.parametrize("compiler", COMPILERS)
def test_sources_compile_against_the_published_declarations_without_a_warning(folder, compiler):
    if not shutil.which(compiler):
        pytest.skip(f"{compiler} is not installed")
    has = subprocess.run(
        [compiler, "-E", "-x", "c++", "-"], input="#include <cstdint>\n", text=True, capture_output=True, check=False
    )
    if has.returncode:
        pytest.skip(f"{compiler} has no C++ library (Debian: libstdc++-arm-none-eabi-newlib)")
    for standard in ("gnu++11", "c++17"):
        for source in (ROOT / "lib/engine_tflm/src/engine.cpp", folder / "net_model.cc", folder / "net_model_data.cc"):
            command = [
                compiler,
                f"-std={standard}",
                *FLAGS,
                "-isystem",
                str(DECLARED),
                "-c",
                str(source),
                "-o",
                "/dev/null",
            ]
            subprocess.run(command, check=True)


@needs_tflm
def test_the_header_is_c_as_well(folder):
    words = [
        "gcc",
        "-std=c99",
        *WARNINGS[:4],
        f"-I{ROOT}/lib/nn/include",
        "-x",
        "c",
        "-c",
        str(folder / "net_model.h"),
        "-o",
        "/dev/null",
    ]
    subprocess.run(words, check=True)


@needs_tflm
def test_the_resolver_has_exactly_the_operators_of_the_model(folder):
    text = (folder / "net_model.cc").read_text()
    assert re.findall(r"^ +(Add\w+)\(\);", text, re.MULTILINE) == ["AddConv2D", "AddSoftmax"]
    assert "MicroMutableOpResolver<2>" in text


@needs_tflm
def test_the_array_is_the_tflite_aligned(folder):
    text = (folder / "net_model_data.cc").read_text()
    assert "alignas(16) const unsigned char net_model_data[]" in text
    assert bytes(int(byte, 16) for byte in re.findall(r"0x(\w\w)", text)) == (folder / "net.tflite").read_bytes()


def test_every_operator_has_a_function_of_the_published_resolver():
    text = (DECLARED / "tensorflow/lite/micro/micro_mutable_op_resolver.h").read_text()
    declared = set(re.findall(r"TfLiteStatus\s+(Add\w+)\(", text))
    assert {resolver.method(kind, "model") for kind in resolver.KNOWN} <= declared
    assert len(resolver.KNOWN) > 90


@needs_tflm
def test_the_arena_is_what_the_package_needs_and_no_more():
    from tflite_micro.python.tflite_micro import runtime  # noqa: PLC0415 - optional

    tflite = network()
    model = outline(tflite, "net")
    measured = measure(tflite, "net", fixed_input(model.input.size)[None])
    runtime.Interpreter.from_bytes(tflite, arena_size=measured.least).invoke()
    with pytest.raises(RuntimeError):
        runtime.Interpreter.from_bytes(tflite, arena_size=measured.least - 16)
    size = arena(model, measured)
    less = TENSOR * len(model.tensors) + OPERATOR * 2
    assert size.wide == measured.least
    assert size.narrow - (measured.least - less) in range(16)
    assert size.cmsis_nn - (2 * CMSIS_NN + 4 * 3 * 3 * 3) in range(16)
    assert size.tensors < size.narrow


@needs_tflm
def test_the_check_is_the_compiled_headers(folder, ml):
    ml("compile", folder / "net.tflite", "--out", folder / "header")
    check = HostModel(folder / "header" / "net_model.h").model.check
    assert f"0x{check:08X}u, // CRC-32" in (folder / "net_model.cc").read_text()


def test_settings_are_taken_from_every_committed_header():
    for path in ROOT.glob("lib/*_model/*_model.h"):
        settings = path.read_text().partition(SETTINGS[0])[2].partition(SETTINGS[1])[0]
        assert "static const decide_config" in settings
        assert "nn_model" not in settings


@pytest.mark.parametrize(
    ("dtype", "reason"),
    [("float32", "expected an input of int8 or int16"), ("int32", "expected an input of int8 or int16")],
)
def test_other_inputs_are_refused(dtype, reason):
    b = Builder()
    x, y = b.tensor((1, 4), scale=0.1, dtype=dtype), b.tensor((1, 4), scale=0.1)
    b.op("QUANTIZE", [x], [y])
    with pytest.raises(UserError, match=reason):
        outline(b.model([x], [y]), "net")


def test_an_operator_that_the_resolver_lacks_is_named():
    with pytest.raises(UserError, match="found STABLEHLO_ADD"):
        resolver.method("STABLEHLO_ADD", "net")


@pytest.mark.parametrize("size", [0, 8, 40, 200, 600])
def test_a_cut_file_is_damaged(size):
    with pytest.raises(UserError):
        outline(network()[:size], "net")


@needs_tflm
def test_options_of_the_compiled_header_are_refused(ml, folder):
    done = ml("compile", folder / "net.tflite", "--engine", "tflm", "--out", folder, "--hop", 2, status=1)
    assert "found --hop" in done.stderr
    assert "--out DIR" in ml("compile", folder / "net.tflite", "--engine", "tflm", status=1).stderr


@needs_tflm
@pytest.mark.parametrize("app", ["gesture_recognition", "keyword_spotting"])
def test_an_application_keeps_its_settings_and_its_answer(ml, tmp_path, app):
    """The command compares TFLM's output with the committed header's check, in streaming form that of a full window."""
    ml("compile", app, "--engine", "tflm", "--out", tmp_path)
    text = (tmp_path / f"{app}_model.h").read_text()
    assert f"static const decide_config {app}_decide" in text
    assert (f"extern const nn_stream {app}_stream" in text) == (app == "keyword_spotting")
    labels = (tmp_path / f"{app}_model.cc").read_text().partition("labels[] = {")[2].partition("}")[0]
    assert len(re.findall(r'"\w+"', labels)) in (11, 12)
