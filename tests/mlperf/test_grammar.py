"""Every line of the device protocol in both modes, byte for byte, and the mark pin's edges between them.

The lines are those of the firmware published with MLPerf Tiny (mlcommons/tiny, benchmark/api/internally_implemented.cpp
and benchmark/reference_submissions); where that would crash or hang, an error in the same form.
"""

import re

import pytest

from tests.mlperf.traced import HIGH, LOW

PULSE = re.escape(LOW + HIGH)
BAUD = {"performance": 115_200, "energy": 9_600}
STAMPS = {"performance": r"m-lap-us-\d+\r\n", "energy": PULSE}
MODEL_BYTES = 490
LEAST_LOW_US = 1.0  # as the protocol asks
FEW_BYTES = 26  # in a `db` command through the IO manager: its buffer holds less than the device's
NUMBER = r"-?\d+\.\d{3}"
RESULTS = rf"m-results-\[{NUMBER}(,{NUMBER}){{11}}\]\r\n"
READY = r"m-ready\r\n"


@pytest.fixture(scope="module", params=["performance", "energy"])
def mode(request):
    return request.param


@pytest.fixture(scope="module")
def started(mode, traced):
    """The device, and what it said and did of itself."""
    device = traced(mode)
    return device, device.listen(), device.lows


@pytest.fixture
def device(started):
    return started[0]


@pytest.fixture
def loaded(device):
    fill(device)
    return device


def fill(device, step: int = FEW_BYTES) -> str:
    """Loads the model's input; the answer to the last command."""
    sent = bytes(range(245)) * 2
    said = device.ask(f"db load {len(sent)}%")
    for at in range(0, len(sent), step):
        said = device.ask(f"db {sent[at : at + step].hex()}%")
    return said


def test_it_greets_the_host(started, mode):
    _, said, lows = started
    stamp = STAMPS[mode]
    first = re.escape(HIGH) + "?"  # the pin idles high
    assert re.fullmatch(rf"{first}m-timestamp-mode-{mode}\r\n{stamp}m-init-done\r\n{READY}", said)
    assert len(lows) == (mode == "energy")


def test_its_console_has_the_baud_rate_of_the_mode(device, mode):
    assert device.baud() == pytest.approx(BAUD[mode], rel=0.001)


def test_a_time_stamp_is_a_line_or_a_falling_edge(device, mode):
    assert re.fullmatch(STAMPS[mode] + READY, device.ask("timestamp%"))
    assert len(device.lows) == (mode == "energy")
    assert all(low >= LEAST_LOW_US for low in device.lows)


def test_time_stamps_stand_at_both_ends_of_the_measured_inferences(loaded, mode):
    said = loaded.ask("infer 2 3%")
    before = r"m-warmup-start-3\r\nm-warmup-done\r\nm-infer-start-2\r\n"
    assert re.fullmatch(before + STAMPS[mode] * 2 + r"m-infer-done\r\n" + RESULTS + READY, said)
    assert len(loaded.lows) == 2 * (mode == "energy")
    assert all(low >= LEAST_LOW_US for low in loaded.lows)


def test_results_are_those_of_the_last_inference(loaded):
    inferred = loaded.ask("infer 1 0%")
    asked = loaded.ask("results%")
    assert re.fullmatch(RESULTS + READY, asked)
    assert inferred.endswith(asked)


def test_one_inference_and_ten_warm_ups_unless_said_otherwise(loaded):
    assert "m-warmup-start-10\r\nm-warmup-done\r\nm-infer-start-1\r\n" in loaded.ask("infer%")


def test_the_same_input_gives_the_same_results_however_often_it_is_inferred(loaded):
    once = loaded.ask("infer 1 0%").split("m-infer-done")[1]
    assert loaded.ask("infer 3 2%").split("m-infer-done")[1] == once


@pytest.mark.parametrize("step", [5, FEW_BYTES, 31, 38])  # 38: the longest that a command of 80 characters holds
def test_bytes_come_in_pieces_of_any_size(device, step):
    assert fill(device, step) == "m-load-done\r\nm-ready\r\n"
    assert device.ask("db print 2 488%") == "m-buffer-f3-f4\r\nm-ready\r\n"


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("name", "m-name-dut-[thimble]"),
        ("  name ", "m-name-dut-[thimble]"),
        ("profile", "m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\nm-model-[kws01]"),
        ("db load 490", "m-[Expecting 490 bytes]"),
        ("db 00", ""),
        ("db", "e-[Command 'db' requires a subcommand]"),
        ("db load", "e-[Command 'db load' requires the # of bytes]"),
        ("db load 0", "e-[Command 'db load' must be >0 bytes]"),
        ("db load -1", "e-[Command 'db load' must be >0 bytes]"),
        ("db load 491", "e-[Supplied buffer size 491 exceeds maximum of 490]"),
        ("db 0", "e-[Insufficent number of hex digits]"),
        ("db 0g", "e-[Invalid hex digit in 0g]"),
        ("db print x", "e-[Expected db print [N=16] [offset=0]]"),
        ("infer", "e-[Input db has 0 bytes, expected 490]"),
        ("infer 0", "e-[Inference iterations must be >0]"),
        ("infer -1", "e-[Inference iterations must be >0]"),
        ("infer 1 -1", "e-[Inference warmup must be >=0]"),
        ("infer 99999999999", "e-[Inference iterations must be >0]"),
        ("nonsense", "e-[Unknown command: nonsense]"),
        ("start", "e-[Unknown command: start]"),
        ("\r\nname", "e-[Unknown command: ??name]"),
        ("", "e-[Unknown command: ]"),
        ("x" * 80, f"e-[Unknown command: {'x' * 80}]"),
        ("x" * 81, "e-[Command longer than the buffer]"),
    ],
)
def test_every_other_command_and_mistake_has_its_lines(device, command, answer):
    if command.startswith(("infer", "db 00")):
        device.ask("db load 490%")
    assert device.ask(command + "%") == (answer + "\r\n" if answer else "") + "m-ready\r\n"
    assert device.ask("name%") == "m-name-dut-[thimble]\r\nm-ready\r\n"


def test_help_names_every_command(device):
    said = device.ask("help%")
    assert said.startswith("ULPMark for tinyML Firmware V0.0.1\r\n")
    assert {"name", "profile", "timestamp", "db", "infer", "results"} <= set(re.findall(r"\w+", said))
