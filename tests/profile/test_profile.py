"""Instructions and cycles: of single instructions, of whole models against an independent counter, and as printed."""

import json
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner

from ml.cli import cli
from ml.errors import UserError
from ml.profile.measure import clock, profile
from ml.profile.timing import Decoder
from tests.profile.thumb import assemble

MODELS = {  # of the five, person detection is left out: it has the kernels of kws, and takes as long as the others
    "kws": "kws_ref_model",
    "ic": "pretrainedResnet_quant",
    "sww": "str_ww_ref_model",
    "ad": "ad01_int8",
}


@pytest.mark.parametrize(
    ("text", "cycles"),
    [
        ("add r0, r1, r2", 1),
        ("smlad r0, r1, r2, r0", 1),
        ("smmlar r0, r1, r2, r0", 1),
        ("sdiv r0, r1, r2", 7),
        ("ldr r0, [r1]", 2),
        ("ldr r0, [r1]\nldr r2, [r1, #4]\nldr r3, [r4], #4", 4),  # loads in a row
        ("ldr r0, [r1]\nldr r2, [r0]", 4),  # the second needs what the first loads
        ("str r0, [r1]", 1),
        ("str r0, [r1, r2]", 2),
        ("ldr r0, [r1]\nstr r2, [r3, r4]", 3),
        ("ldmia r0!, {r1-r4}", 5),
        ("ldrd r0, r1, [r2]", 3),
        ("push {r4-r7, lr}", 6),
        ("add r1, r1, #4\nldr r0, [r1]", 4),  # the address was computed just before
        ("add r1, r1, #4\nnop\nldr r0, [r1]", 4),
        ("vmov s0, r0", 1),
        ("vfma.f32 s0, s1, s2", 3),
    ],
)
def test_an_instruction_costs_what_the_manual_says(text, cycles):
    assert Decoder().cost(assemble(text), 0).cycles == cycles


def test_leaving_a_block_by_a_jump_refills_the_pipeline():
    assert Decoder(3).cost(assemble("b ."), 0).refill == 3
    assert Decoder(1).cost(assemble("pop {r4, pc}"), 0).refill == 1
    assert Decoder().cost(assemble("add r0, r0, r1"), 0).refill == 0


@pytest.mark.parametrize(("name", "refill"), [*((name, 2) for name in MODELS), ("ad", 1), ("ad", 3)])
def test_the_count_is_that_of_an_independent_counter(name, refill, shared, tmp_path):
    """Another program that runs the same image and costs it by the same manual gives the same numbers."""
    made = profile((shared / f"models/{MODELS[name]}.tflite").read_bytes(), name, folder=tmp_path)
    script = [sys.executable, str(shared / "yardstick/m4cycles.py"), str(made.image.path), "-P", str(refill)]
    text = subprocess.run(script, capture_output=True, text=True, check=True).stdout
    instructions, cycles = (int(re.search(rf"{key} +(\d+)", text)[1]) for key in ("INSTRUCTIONS", "EST_CYCLES"))
    assert (instructions, cycles) == (made.total.instructions, made.cycles(refill))
    assert made.agrees


def test_the_layers_add_up_to_the_whole(shared):
    made = profile((shared / "models/ad01_int8.tflite").read_bytes(), "ad")
    layers = sum(layer.count.instructions for layer in made.layers)
    assert 0 <= made.total.instructions - layers < 40 * len(made.layers), "what is left is the loop over layers"


def test_json_and_table_say_the_same(shared):
    path = str(shared / "models/str_ww_ref_model.tflite")
    plain = json.loads(CliRunner().invoke(cli, ["profile", path, "--on", "virtual", "--json"]).output)
    text = CliRunner().invoke(cli, ["profile", path]).output
    assert plain["agrees"]
    assert plain["estimated_cycles_range"][0] < plain["estimated_cycles"] < plain["estimated_cycles_range"][1]
    assert f"{plain['estimated_cycles']:,} cycles" in text
    assert all(layer["why"] for layer in plain["layers"] if layer["macs"])
    assert "estimates" in text


def test_a_board_without_a_cortex_m4_is_refused():
    assert clock("nano33ble") == 64_000_000
    with pytest.raises(UserError, match="esp32dev"):
        clock("esp32dev")
