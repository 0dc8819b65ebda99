"""What cannot be streamed is refused in one line that names the layer and the reason; the command and its output."""

import contextlib
import json
import subprocess

import numpy as np
import pytest

from ml.cli import main
from ml.compiler.compile import prepare
from ml.compiler.streaming import Request
from ml.errors import UserError
from tests import command
from tests.compiler.builder import Builder
from tests.compiler.streaming.stacks import SAME, Stack
from tests.compiler.streaming.test_stacks import a_stride_that_stops_the_reuse, valid_convolutions


def refusal(tflite: bytes, hop: int, axis: int | None = None) -> str:
    with pytest.raises(UserError) as caught:
        prepare(tflite, "net.tflite", None, Request(hop, axis))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_stride_that_does_not_divide_the_hop_is_named():
    message = refusal(a_stride_that_stops_the_reuse(), 1)
    assert "operator 0 CONV_2D" in message and "a multiple of 2" in message


def test_a_dense_layer_over_all_rows_is_named():
    message = refusal(Stack((1, 20, 1, 3)).dense(4).model(), 1)
    assert "operator 1 FULLY_CONNECTED" in message and "all rows" in message


def test_a_hop_of_the_whole_window_or_more_saves_nothing():
    assert "smaller --hop" in refusal(valid_convolutions(), 12)
    assert "1..12" in refusal(valid_convolutions(), 13)


def test_an_axis_whose_steps_are_not_contiguous_is_refused():
    stack = Stack((1, 10, 8, 2)).conv(2, (1, 3)).dense(2)
    assert "axis 2 cannot be time" in refusal(stack.model(), 1, axis=2)


def test_padding_that_reaches_every_row_saves_nothing():
    stack = Stack((1, 6, 1, 2)).conv(2, (6, 1), padding=SAME).conv(2, (6, 1), padding=SAME)
    assert "nothing would be saved" in refusal(stack.model(), 1)


def test_a_model_with_a_state_of_its_own_is_refused():
    b = Builder()
    x, y = b.tensor((1, 4), scale=0.1), b.tensor((1, 3), scale=0.1)
    feature = b.const(np.ones((3, 4), np.int8), scales=[0.01])
    time = b.const(np.ones((3, 5), np.int16), scales=[0.01])
    state = b.tensor((1, 15), scale=0.1, dtype="int16", variable=True)
    bias = b.const(np.zeros(3, np.int32), scales=[0.001])
    b.op("SVDF", [x, feature, time, bias, state], [y], rank=1)
    assert "state of its own" in refusal(b.model([x], [y]), 1)


def test_damaged_models_are_refused_and_nothing_else_happens():
    good, chance = bytearray(valid_convolutions()), np.random.default_rng(0)
    for _ in range(150):
        damaged = good.copy()
        for at in chance.integers(0, len(good), 3):
            damaged[at] = chance.integers(0, 256)
        with contextlib.suppress(UserError):
            prepare(bytes(damaged), "damaged.tflite", None, Request(2))


def run(*arguments) -> subprocess.CompletedProcess:
    return command.call(main, "compile", *arguments)


def test_the_command_reports_what_a_step_saves(tmp_path):
    model = tmp_path / "net.tflite"
    model.write_bytes(valid_convolutions())
    done = run(model, "--out", tmp_path / "lib", "--stream", "--hop", 2, "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)["stream"]
    assert (figures["axis"], figures["hop"], figures["window_rows"], figures["warm_up_steps"]) == (1, 2, 12, 6)
    assert figures["macs"] < figures["window_macs"]
    table = run(model, "--out", tmp_path / "lib", "--stream", "1", "--hop", 2)
    assert "2 new rows of 12 a step" in table.stdout and "ADVANCE" in table.stdout
    text = (tmp_path / "lib" / "net_model.h").read_text()
    assert "static inline bool net_push(const int8_t *rows)" in text


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--hop", "2"), "--stream"),
        (("--stream",), "--hop"),
        (("--stream", "time", "--hop", "2"), "'time'"),
        (("--stream", "--hop", "13"), "1..12"),
    ],
)
def test_options_that_do_not_fit_are_one_line(tmp_path, options, complaint):
    model = tmp_path / "net.tflite"
    model.write_bytes(valid_convolutions())
    done = run(model, "--out", tmp_path / "lib", *options)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and complaint in done.stderr
    assert not (tmp_path / "lib").exists()
