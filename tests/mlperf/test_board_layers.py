"""Any `.tflite` is compared layer by layer on a board behind a port, which runs apps/inference_bench with it."""

import json
import re

import pytest

from ml.compiler.compile import compile_model
from ml.compiler.host import HostModel
from ml.errors import UserError
from ml.link.bench import Bench
from ml.trial.verify_model import verify_model

KWS = ("kws_ref_model.tflite", "kws01")


@pytest.fixture(scope="module")
def kws(flash):
    return flash(*KWS)


@pytest.fixture
def model(shared):
    return shared / "models" / KWS[0]


def test_every_layer_on_the_board_is_compared(ml, kws, model, tmp_path):
    host = HostModel(compile_model(model.read_bytes(), "kws", tmp_path).header)
    sizes = [layer.size for layer in host.model.layer[: host.model.layers]]
    made = json.loads(ml("verify", model, "--on", kws, "--windows", 1, "--json").stdout)
    assert made["layers"] == len(sizes)
    assert made["bytes_on_board"] == made["inputs"] * sum(sizes) > 0


def test_a_layer_that_differs_on_the_board_is_named(kws, model, monkeypatch):
    told = Bench.layer
    wrong = lambda self, number: (told(self, number)[0], told(self, 0)[1] ^ (number == 0))  # noqa: E731
    monkeypatch.setattr(Bench, "layer", wrong)
    with pytest.raises(UserError, match=r"input 0: layer 0 .* is the first that differs: expected .* please report"):
        verify_model(model, kws, 1, as_json=False)


def test_a_board_with_another_model_is_told_with_what_to_do(ml, kws, shared):
    said = ml("verify", shared / "models" / "ad01_int8.tflite", "--on", kws, status=1).stderr
    assert re.search(r"expected model [0-9a-f]{16}, found [0-9a-f]{16}; flash it with: python tools/mlperf.py", said)


def test_layers_run_in_order_on_a_whole_input(kws, line):
    device = line(kws)
    assert device.ask("model%")[1:] == ["m-layers-12", "m-input-0", "m-ready"]
    device.ask("db load 490%")
    assert device.ask("layer 0%")[0] == "e-[Input db has 0 bytes, expected 490]"
    for at in range(0, 490, 35):
        device.ask(f"db {bytes(range(at % 200, at % 200 + 35)).hex()}%")
    first = device.ask("layer 0%")
    assert re.fullmatch(r"m-layer-0-\d+-[0-9a-f]{8}", first[0])
    assert device.ask("layer 2%")[0] == "e-[Expected layer 0 or 1, found 2]"
    assert device.ask("layer 0%") == first
    for nonsense in ("layer%", "layer x%", "layer 12%", "layer 99999999%"):
        assert device.ask(nonsense)[0] == "e-[Expected a layer from 0 to 11]"
