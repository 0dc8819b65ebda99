"""Parity finds the first byte that differs, and says so in one line."""

import json
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.cli import cli
from ml.compiler import tflm
from ml.compiler.compile import compile_model
from ml.compiler.host import HostModel
from ml.errors import UserError
from ml.evaluate.parity import FRONT_END, Case, Host, Parity, difference, layers
from ml.gesture_recognition.app import GestureRecognition
from ml.paths import ROOT
from ml.pipeline.run import Run

sys.path.append(str(ROOT / "tests/compiler"))
from builder import Builder

pytestmark = pytest.mark.skipif(not tflm.available(), reason="tflite-micro exists for Linux on x86-64 only")
APP = GestureRecognition()
IMU = APP.config.front_end.imu()
SIZE = IMU.window * 6


def small_model(seed: int = 0) -> bytes:
    """Dense, relu, softmax: takes the gesture front end's windows."""
    chance = np.random.default_rng(seed)
    b = Builder()
    given = b.tensor((1, SIZE), scale=0.1, zero=0)
    weights = b.const(chance.integers(-127, 128, (5, SIZE)).astype(np.int8), scales=0.01)
    bias = b.const(np.arange(5, dtype=np.int32), scales=0.001)
    dense = b.tensor((1, 5), scale=0.5, zero=3)
    positive = b.tensor((1, 5), scale=0.4, zero=-100)
    scores = b.tensor((1, 5), scale=1 / 256, zero=-128)
    b.op("FULLY_CONNECTED", [given, weights, bias], [dense])
    b.op("RELU", [dense], [positive])
    b.op("SOFTMAX", [positive], [scores], beta=1.0)
    return b.model([given], [scores])


def cases(count: int) -> list[Case]:
    chance = np.random.default_rng(1)
    samples = [chance.integers(-3000, 3000, (IMU.window, 6)).astype(np.int16) for _ in range(count)]
    rate = IMU.rate_mhz
    return [Case(f"take{i}", s, rate, APP.inputs(s, rate).windows[0]) for i, s in enumerate(samples)]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """(reference, host model)"""
    header = compile_model(small_model(), "gesture_recognition", tmp_path_factory.mktemp("model")).header
    return tflm.Reference(small_model()), HostModel(header)


class Broken(Host):
    """Runs like the host but for one bit."""

    def __init__(self, model, stage: int, byte: int, bit: int) -> None:
        super().__init__(model, APP.inputs)
        self.stage, self.byte, self.bit, self.seen = stage, byte, bit, 0

    def _pass(self, data: bytes) -> bytes:
        stage, self.seen = self.seen, self.seen + 1
        if stage != self.stage:
            return data
        broken = bytearray(data)
        broken[self.byte % len(data)] ^= 1 << self.bit
        return bytes(broken)

    def front_end(self, case, expected):
        self.seen = 0
        return self._pass(super().front_end(case, expected))

    def layer(self, layer, expected):
        return self._pass(super().layer(layer, expected))


def test_the_compiled_model_agrees_in_every_byte(compiled):
    reference, model = compiled
    parity = Parity(reference, layers(model), Host(model, APP.inputs))
    parity.compare(cases(5))
    assert (parity.windows, parity.mismatches) == (5, [])
    assert parity.bytes == 5 * (SIZE + sum(layer.size for layer in parity.stages))


@given(st.integers(0, 3), st.integers(0, 1000), st.integers(0, 7))
def test_a_single_bit_is_found_where_it_is(compiled, stage, byte, bit):
    reference, model = compiled
    stages = layers(model)
    stage = min(stage, len(stages))
    parity = Parity(reference, stages, Broken(model, stage, byte, bit))
    parity.compare(cases(2))
    assert len(parity.mismatches) == 2
    found = parity.mismatches[0]
    size = SIZE if stage == 0 else stages[stage - 1].size
    assert found.stage == (FRONT_END if stage == 0 else f"layer {stage - 1} {stages[stage - 1].name}")
    assert np.ravel_multi_index(found.index, found.shape) == byte % size
    assert (found.expected ^ found.found) & 0xFF == 1 << bit
    assert (found.differing, found.size, found.window) == (1, size, "take0")
    assert len(str(found).splitlines()) == 1


def test_missing_bytes_are_a_difference():
    found = difference("w", "layer", "RELU", (2, 3), b"\0" * 6, b"\0" * 4)
    assert (found.index, found.differing, found.size) == ((1, 1), 2, 6)


@pytest.fixture
def results(tmp_path):
    """A folder as `run --out` leaves it."""
    (tmp_path / "gesture_recognition_model.tflite").write_bytes(small_model())
    compile_model(small_model(), "gesture_recognition", tmp_path)
    held_out = cases(7)
    np.savez(
        tmp_path / "held_out.npz",
        files=[case.name for case in held_out],
        samples=np.stack([case.samples for case in held_out]),
        count=[len(case.samples) for case in held_out],
        rate_mhz=[case.rate_mhz for case in held_out],
        inputs=np.stack([case.input for case in held_out]),
    )
    Run("gesture_recognition", out=str(tmp_path)).save()
    return tmp_path


def verify(folder, *more: str) -> None:
    cli.main(["verify", "gesture_recognition", "--out", str(folder), *more], standalone_mode=False)


def test_verify_says_how_much_was_compared(results, capsys):
    verify(results)
    size = SIZE + sum(layer.size for layer in layers(HostModel(results / "gesture_recognition_model.h")))
    assert f"on host: 7 windows through the front end and 3 layers: 0 of {7 * size:,} bytes differ" in (
        capsys.readouterr().out.replace("\n", "")
    )


def test_verify_compares_as_many_windows_as_asked_for(results, capsys):
    verify(results, "--windows", "3", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["windows"], told["windows_differing"], told["first_difference"]) == (3, 0, None)
    assert [layer["number"] for layer in told["layers"]] == [0, 1, 2]


def test_verify_names_the_difference_and_fails(results, capsys):
    kept = dict(np.load(results / "held_out.npz"))
    kept["inputs"][2, 0, 0] ^= 1
    np.savez(results / "held_out.npz", **kept)
    with pytest.raises(UserError, match="1 of 7 windows differ on host; take2: front end is the first that differs"):
        verify(results, "--json")
    assert json.loads(capsys.readouterr().out)["first_difference"]["index"] == [0, 0]


def test_verify_refuses_a_header_of_another_model(results):
    (results / "gesture_recognition_model.tflite").write_bytes(small_model(seed=1))
    with pytest.raises(UserError, match=r"expected model .*, found .*; compile it again"):
        verify(results)


@pytest.mark.parametrize(
    "name", ["run.json", "gesture_recognition_model.tflite", "held_out.npz", "gesture_recognition_model.h"]
)
@pytest.mark.parametrize("damage", ["missing", "empty"])
def test_verify_names_what_is_missing_or_damaged(results, name, damage):
    (results / name).unlink() if damage == "missing" else (results / name).write_bytes(b"")
    with pytest.raises(UserError, match="expected") as error:
        verify(results)
    assert len(str(error.value).splitlines()) == 1


def test_verify_refuses_a_board_that_is_not_there(results):
    with pytest.raises(UserError, match="expected a serial port, found none"):
        verify(results, "--on", "/dev/does-not-exist")
