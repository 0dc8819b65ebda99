"""tools/mlperf.py runs the benchmark: throughput by the device's clock, accuracy or AUC over any data set."""

import contextlib
import json
import os
import threading
import time
import tty
from typing import ClassVar

import numpy as np
import pytest

from ml.errors import UserError
from ml.link.bench import Bench
from ml.paths import ROOT
from tools.mlperf_tiny.dataset import Question
from tools.mlperf_tiny.score import accuracy, auc, performance

GREETED_S = 0.4  # between a greeting and the answer to what was asked


def test_performance_and_accuracy(virtual, tool, folder):
    rng = np.random.default_rng(3)
    files = {f"{number}.bin": rng.integers(0, 256, 490).astype(np.uint8).tobytes() for number in range(3)}
    data = folder(files, [f"{name},12,{number}" for number, name in enumerate(files)])
    words = ("--iterations", 2, "--warmups", 1, "--json")
    found = json.loads(tool("tools/mlperf.py", "run", "--port", virtual, "--data", data, *words).stdout)
    assert (found["model"], found["accuracy"]["inputs"]) == ("kws01", 3)
    seconds = found["performance"]["seconds"]
    assert len(seconds) == 5
    assert max(seconds) - min(seconds) < 1e-4  # virtual time counts instructions
    assert not found["performance"]["valid"]


def test_arrays_of_an_application_are_a_data_set(virtual, tool, tmp_path):
    inputs = np.zeros((2, 49, 10), np.int8)
    np.savez(tmp_path / "held_out.npz", inputs=inputs, labels=[0, 1])
    words = ("--no-performance", "--json", "--data", tmp_path / "held_out.npz")
    found = json.loads(tool("tools/mlperf.py", "run", "--port", virtual, *words).stdout)
    assert found["accuracy"]["value"] == 0.5 or found["accuracy"]["value"] == 0.0


@pytest.mark.parametrize("row", ["a.bin", "a.bin,12,x", "../a.bin,12,1", "missing.bin,12,1", "a.bin,12,1,4000,1"])
def test_a_wrong_line_is_named(tool, folder, row):
    data = folder({"a.bin": bytes(490)}, [row])
    result = tool("tools/mlperf.py", "run", "--data", data, status=1)
    assert result.stderr.count("\n") == 1
    assert "expected" in result.stderr


def test_a_silent_port_is_told(tool, folder):
    data = folder({"a.bin": bytes(490)}, ["a.bin,12,1"])
    result = tool("tools/mlperf.py", "run", "--port", "/dev/null", "--data", data, status=1)
    assert result.stderr.count("\n") == 1


def test_data_of_another_model_is_told(virtual, tool, folder):
    words = ("--port", virtual, "--no-performance", "--data")
    result = tool("tools/mlperf.py", "run", *words, folder({"a.bin": bytes(490)}, ["a.bin,2,1"]), status=1)
    assert "a result for each of 2 classes, found 12" in result.stderr
    result = tool("tools/mlperf.py", "run", *words, folder({"a.bin": bytes(491)}, ["a.bin,12,1"]), status=1)
    assert "Supplied buffer size 491 exceeds maximum of 490" in result.stderr
    result = tool("tools/mlperf.py", "run", *words, folder({"a.bin": bytes(489)}, ["a.bin,12,1"]), status=1)
    assert "Input db has 489 bytes, expected 490" in result.stderr


def test_energy_mode_tells_results_and_says_that_it_tells_no_time(flash, tool, folder):
    header = ROOT / "lib" / "gesture_recognition_model" / "gesture_recognition_model.h"  # compiled before
    port = flash(header, "gesture", "host", "--mode", "energy")
    data = folder({"a.bin": bytes(40 * 6)}, ["a.bin,11,0"])
    words = ("tools/mlperf.py", "run", "--port", port, "--data", data)
    assert "expected firmware for performance mode, found energy mode" in tool(*words, status=1).stderr
    assert json.loads(tool(*words, "--no-performance", "--json").stdout)["accuracy"]["inputs"] == 1


class Greeter:
    """A device on USB: its greeting waits for whoever opens the port, and its answers come behind it."""

    ANSWERS: ClassVar = {
        b"": b"e-[Unknown command: ]\r\n",
        b"name": b"m-name-dut-[greeter]\r\n",
        b"profile": b"m-profile-[x]\r\nm-model-[kws01]\r\n",
        b"timestamp": b"m-lap-us-1\r\n",
    }

    def __init__(self, *results: str) -> None:
        self.results = iter(results)
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.port = os.ttyname(self.slave)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        said, received = b"m-timestamp-mode-performance\r\nm-lap-us-0\r\nm-init-done\r\nm-ready\r\n", b""
        while True:
            received += os.read(self.master, 64)
            *commands, received = received.split(b"%")
            for command in commands:
                os.write(self.master, said)
                time.sleep(GREETED_S if said else 0)
                os.write(self.master, self._answer(command) + b"m-ready\r\n")
                said = b""

    def _answer(self, command: bytes) -> bytes:
        if command.startswith(b"infer"):
            return f"m-lap-us-1\r\nm-lap-us-1\r\nm-results-[{next(self.results)}]\r\n".encode()
        return self.ANSWERS.get(command, b"m-load-done\r\n")


def test_a_board_that_greets_whoever_opens_its_port_is_heard_out():
    greeter = Greeter()
    with contextlib.closing(Bench(greeter.port)) as bench:
        assert (bench.name, bench.model, bench.energy) == ("greeter", "kws01", False)


@pytest.mark.parametrize("results", [("",), ("x",), ("1.0", "0.5,0.5"), ("0.5,0.5,0.0",)])
def test_results_that_make_no_sense_are_said_in_one_line(results):
    questions = [Question(name, (b"1",), 0, 2) for name in "ab"]
    with contextlib.closing(Bench(Greeter(*results).port)) as bench, pytest.raises(UserError) as raised:
        accuracy(bench, questions, list)
    assert "\n" not in str(raised.value)


def test_a_clock_that_stands_still_is_no_error():
    with contextlib.closing(Bench(Greeter(*["1.0"] * 5).port)) as bench:
        made = performance(bench, Question("a", (b"1",), 0, 2), 3, 0, list)
    assert made.per_second == 3e6
    assert not made.valid


def test_auc_counts_ties_half():
    assert auc(np.array([1.0, 2.0, 2.0, 3.0]), np.array([False, False, True, True])) == 0.875
