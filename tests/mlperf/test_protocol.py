"""The firmware answers every command of the MLPerf Tiny device protocol to the byte."""

import re

import numpy as np
import pytest

from ml.compiler.compile import compile_model
from ml.compiler.host import HostModel

KWS = ("kws_ref_model.tflite", "kws01")


@pytest.fixture(scope="module")
def kws(flash):
    return flash(*KWS)


def test_name_profile_and_time(kws, line):
    device = line(kws)
    assert device.ask("name%")[-2:] == ["m-name-dut-[thimble]", "m-ready"]
    assert device.ask("profile%") == ["m-profile-[ULPMark for tinyML Firmware V0.0.1]", "m-model-[kws01]", "m-ready"]
    first, ready = device.ask("timestamp%")
    assert re.fullmatch(r"m-lap-us-\d+", first)
    assert ready == "m-ready"


def test_bytes_are_loaded_and_printed(kws, line):
    device = line(kws)
    assert device.ask("db load 490%") == ["m-[Expecting 490 bytes]", "m-ready"]
    sent = bytes(range(256)) + bytes(490 - 256)
    for at in range(0, 480, 32):
        assert device.ask(f"db {sent[at : at + 32].hex()}%") == ["m-ready"]
    assert device.ask(f"db {sent[480:].hex().upper()}%") == ["m-load-done", "m-ready"]
    assert device.ask("db print 10 3%") == ["m-buffer-03-04-05-06-07-08-09-0a", "m-buffer-0b-0c", "m-ready"]
    assert device.ask("db print%")[0] == "m-buffer-00-01-02-03-04-05-06-07"


def test_inference_gives_what_the_model_gives(kws, line, shared, tmp_path):
    device, sent = line(kws), np.random.default_rng(1).integers(-128, 128, 490).astype(np.int8)
    load(device, sent.tobytes())
    answer = device.ask("infer 2 3%")
    assert [re.sub(r"us-\d+", "us-N", text) for text in answer[:6]] == [
        "m-warmup-start-3",
        "m-warmup-done",
        "m-infer-start-2",
        "m-lap-us-N",
        "m-lap-us-N",
        "m-infer-done",
    ]
    assert answer[6:] == [expected(shared, sent, tmp_path), "m-ready"]
    assert device.ask("results%") == answer[6:]


def load(device, data: bytes) -> None:
    device.ask(f"db load {len(data)}%")
    for at in range(0, len(data), 31):
        device.ask(f"db {data[at : at + 31].hex()}%")


def expected(shared, sent: np.ndarray, tmp_path) -> str:
    made = compile_model((shared / "models" / KWS[0]).read_bytes(), "expected", tmp_path)
    answer = HostModel(made.header).run(sent.reshape(1, *made.program.input.shape[1:]))[0].reshape(-1)
    scores = (answer.astype(float) - made.program.output.zero) * float(made.program.output.scale)
    return "m-results-[" + ",".join(f"{score:.3f}" for score in scores) + "]"


def test_bytes_beyond_those_announced_are_not_looked_at_and_further_ones_refused(kws, line):
    device = line(kws)
    device.ask("db load 2%")
    assert device.ask("db 010203%") == ["m-load-done", "m-ready"]
    assert not device.ask("db print 3%")[0].endswith("-03")
    assert device.ask("db 04%") == ["e-[No bytes are expected before db load]", "m-ready"]


@pytest.mark.timeout(120)
def test_noise_never_hangs_it(kws, line):
    device, rng = line(kws), np.random.default_rng(7)
    for _ in range(40):
        noise = bytes(rng.integers(0, 256, 60).astype(np.uint8)).replace(b"%", b"")
        device.port.write(noise + b"%")
        device.listen()
    assert device.ask("name%") == ["m-name-dut-[thimble]", "m-ready"]


def test_floats_in_and_one_number_out(flash, line):
    device = line(flash("ad01_int8.tflite", "ad01"))
    sent = np.random.default_rng(2).normal(0, 5, 640).astype("<f4")
    load(device, sent.tobytes())
    answer = device.ask("infer 1 0%")
    result = next(text for text in answer if text.startswith("m-results"))
    assert re.fullmatch(r"m-results-\[\d+\.\d{3}\]", result)
