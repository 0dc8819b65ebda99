"""tools/mlperf.py builds any model, reads any data set, and says in one line what is wrong with either."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.errors import UserError
from ml.paths import ROOT
from tools.mlperf_tiny import dataset
from tools.mlperf_tiny.build import KNOWN, Choice, build

MODELS = {
    "kws01": "kws_ref_model.tflite",
    "vww01": "vww_96_int8.tflite",
    "ic01": "pretrainedResnet_quant.tflite",
    "ad01": "ad01_int8.tflite",
    "sww01": "str_ww_ref_model.tflite",
}
STRICT = ["-Wall", "-Wextra", "-Wno-unused", "-Werror", "-fsyntax-only"]
INCLUDES = [f"-I{ROOT / 'lib' / name / 'include'}" for name in ("nn", "mlperf")]


@pytest.fixture
def workspace(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("PLATFORMIO_WORKSPACE_DIR", str(tmp_path))
    return tmp_path / "inference_bench"


@pytest.mark.parametrize("identity", MODELS)
def test_every_reference_model_compiles_as_the_benchmark_asks_it(shared, workspace, identity):
    inputs, result = KNOWN[identity]
    build(str(shared / "models" / MODELS[identity]), Choice(identity, inputs, result, "thimble"))
    for compiler in (["gcc", "-std=c99", "-xc"], ["g++", "-std=gnu++11", "-xc++"]):
        command = [*compiler, *STRICT, *INCLUDES, workspace / "bench.h"]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def test_a_scale_that_is_a_whole_number_is_a_float_in_c(shared, workspace):
    build(str(shared / "models" / MODELS["ic01"]), Choice("ic01", "uint8", "scores", "thimble"))
    assert "    1.0f, // of the input\n" in (workspace / "bench.h").read_text()


@pytest.mark.parametrize(
    ("model", "result", "said"),
    [
        ("nonsense", "scores", "expected a .tflite file"),
        ("README.md", "scores", "README.md"),
        ("kws_ref_model.tflite", "error", "as many outputs as inputs"),
    ],
)
def test_what_is_no_model_is_said_in_one_line(shared, workspace, model, result, said):
    path = shared / "models" / model
    with pytest.raises(UserError, match=said) as raised:
        build(str(path if path.exists() else model), Choice("kws01", "int8", result, "thimble"))
    assert "\n" not in str(raised.value)
    assert not (workspace / "bench.h").exists()


def test_an_application_is_built_from_what_was_trained(workspace, shared, tmp_path, monkeypatch):
    monkeypatch.setattr("tools.mlperf_tiny.build.ROOT", tmp_path)
    for part in ("apps", "ml"):
        (tmp_path / part / "mine").mkdir(parents=True)
    choice = Choice("mine", "int8", "scores", "thimble")
    with pytest.raises(UserError, match="python -m ml run mine"):
        build("mine", choice)
    (tmp_path / "build" / "mine").mkdir(parents=True)
    (tmp_path / "build" / "mine" / "model.tflite").write_bytes((shared / "models" / MODELS["kws01"]).read_bytes())
    assert build("mine", choice).header.is_file()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["a.bin,12,1", "b.bin,12,1"], "expected 490 bytes, as the first input has, found 3 in b.bin"),
        (["a.bin,12,12"], "line 1"),
        (["a.bin,12,-1"], "line 1"),
        (["a.bin,0,0"], "line 1"),
        (["a.bin,12,1", "", "a.bin,12,1,490,0"], "line 3"),
        (["a.bin,12,1,491,1"], "found 0"),
        ([","], "line 1"),
        (["a\0.bin,12,1"], "line 1"),
        (["a" * 5000 + ",12,1"], "line 1"),
        ([""], "found none"),
    ],
)
def test_a_damaged_list_is_said_in_one_line(folder, lines, said):
    data = folder({"a.bin": bytes(490), "b.bin": bytes(3)}, lines)
    with pytest.raises(UserError, match=said) as raised:
        dataset.load(data)
    assert "\n" not in str(raised.value)


@given(st.binary(max_size=200))
def test_no_list_is_more_than_wrong(tmp_path_factory, text):
    root = tmp_path_factory.mktemp("list")
    (root / "a").write_bytes(bytes(9))
    (root / dataset.LABELS).write_bytes(text)
    read(root)


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), min_size=1, max_size=20))
def test_no_damaged_archive_is_more_than_wrong(tmp_path_factory, changes):
    file = tmp_path_factory.mktemp("archive") / "held_out.npz"
    np.savez_compressed(file, inputs=np.zeros((4, 6), np.int8), labels=np.arange(4))
    data = bytearray(file.read_bytes())
    for at, value in changes:
        data[at % len(data)] = value
    file.write_bytes(data)
    read(file)


def read(path: Path) -> None:
    """Reads it, or one line."""
    try:
        dataset.load(path)
    except UserError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    "arrays",
    [
        {"inputs": np.zeros((2, 6))},
        {"inputs": np.zeros((2, 6)), "labels": np.arange(2)},
        {"inputs": np.zeros((2, 6), np.int8), "labels": np.arange(3)},
        {"inputs": np.zeros((2, 6), np.int8), "labels": np.array([0, -1])},
        {"inputs": np.zeros((2, 6), np.int8), "labels": np.array(["a", "b"])},
        {"inputs": np.zeros((), np.int8), "labels": np.zeros((), int)},
    ],
)
def test_arrays_that_are_no_data_set_are_said(tmp_path, arrays):
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(UserError, match=r"x\.npz: expected"):
        dataset.load(tmp_path / "x.npz")
