"""`python -m ml compile` as a user meets it."""

import json
import subprocess

import numpy as np
import pytest

from ml.cli import main
from tests import command
from tests.compiler.builder import Builder
from tests.compiler.test_reader import GOOD


def run(*arguments) -> subprocess.CompletedProcess:
    return command.call(main, "compile", *arguments)


def test_it_prints_a_table_and_writes_a_library(tmp_path):
    model = tmp_path / "My-Net.tflite"
    model.write_bytes(GOOD)
    done = run(model, "--out", tmp_path / "lib")
    assert done.returncode == 0, done.stderr
    assert "CONV_2D" in done.stdout
    assert "2,592" in done.stdout  # MACs of the convolution
    assert (tmp_path / "lib" / "my_net_model.h").exists()
    assert json.loads((tmp_path / "lib" / "library.json").read_text())["name"] == "my_net_model"


def test_json_holds_the_figures(tmp_path):
    model = tmp_path / "net.tflite"
    model.write_bytes(GOOD)
    figures = json.loads(run(model, "--out", tmp_path / "lib", "--json").stdout)
    assert figures["macs"] == 6 * 6 * 4 * 9 * 2 + 144 * 3
    assert figures["arena_bytes"] == figures["arena_lower_bound_bytes"]
    assert [layer["operator"] for layer in figures["layers"]] == ["CONV_2D", "FULLY_CONNECTED", "SOFTMAX"]


def test_every_unsupported_operator_is_named_with_its_tensor(tmp_path):
    b = Builder()
    x = b.tensor((1, 8), scale=0.1, name="wave")
    y = b.tensor((1, 8), scale=0.1, name="cosine")
    z = b.tensor((1, 8), dtype="float32", name="loose")
    b.op("COS", [x], [y])
    b.op("RELU", [y], [z])
    model = tmp_path / "net.tflite"
    model.write_bytes(b.model([x], [z]))
    done = run(model, "--out", tmp_path / "lib")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "COS" in done.stderr and "'cosine'" in done.stderr
    assert "RELU" in done.stderr and "'loose'" in done.stderr and "float32" in done.stderr
    assert not (tmp_path / "lib").exists()


def test_a_model_too_large_for_the_board_is_refused(tmp_path):
    model = tmp_path / "net.tflite"
    model.write_bytes(GOOD)
    done = run(model, "--out", tmp_path / "lib", "--board-ram", 100)
    assert done.returncode == 1
    assert "100 B of RAM" in done.stderr
    assert not (tmp_path / "lib").exists()


def test_a_missing_file_is_one_line(tmp_path):
    done = run(tmp_path / "none.tflite", "--out", tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_a_damaged_model_is_one_line(tmp_path):
    model = tmp_path / "net.tflite"
    data = bytearray(GOOD)
    data[60:90] = np.random.default_rng(0).bytes(30)
    model.write_bytes(data)
    done = run(model, "--out", tmp_path / "lib")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gesture_recognition", "--optimise", "size"], "beside an application, found --optimise"),
        (["gesture_recognition", "--board-flash", 9], "beside an application, found --board-flash"),
        (["net.tflite", "--upper-bound-per-hour", 2], "beside a .tflite file, which has none, found --upper-bound"),
    ],
)
def test_what_would_have_no_effect_is_refused(tmp_path, words, said):
    done = run(*words, "--out", tmp_path / "lib")
    assert done.returncode == 1 and said in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "lib").exists()
