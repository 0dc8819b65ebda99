"""Compiled models run clean under AddressSanitizer and UndefinedBehaviorSanitizer, damaged ones too."""

import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from ml.compiler.compile import prepare
from ml.compiler.header import Identity, header
from ml.compiler.lowering import Program
from ml.errors import UserError
from tests.compiler.fuzz import batch, fuzz
from tests.compiler.test_header import SINKS, kitchen_sink, second_sink
from tests.compiler.test_models import MODELS, model_bytes

pytestmark = pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc here")


def assert_clean(programs: Sequence[Program], folder: Path) -> None:
    """Builds the models as one program with both sanitizers and runs each, on the extreme inputs too."""
    inputs = [fuzz.inputs(program, seed) for seed, program in enumerate(programs)]
    made, said = batch.run(programs, inputs, "sanitized", folder)
    done = [number for number, outputs in enumerate(made) if len(outputs) == len(inputs[number])]
    assert done == list(range(len(programs))), f"model {len(done)}: {said or 'bytes behind the arena were written'}"
    assert not said, said


@pytest.mark.parametrize("name", MODELS)
def test_the_five_models(shared, tmp_path, name):
    assert_clean([prepare(model_bytes(shared, name), name)], tmp_path)


def test_every_family(tmp_path):
    assert_clean([prepare(sink(), "net") for sink in SINKS.values()], tmp_path)


def test_damaged_models_that_are_still_accepted(tmp_path):
    chance, seen = random.Random(7), {}
    while len(seen) < 16:
        data = bytearray(chance.choice([kitchen_sink, second_sink])())
        for _ in range(3):
            data[chance.randrange(len(data))] = chance.choice([0, 1, 2, 3, 5, 9, 127, 128, 255])
        try:
            program = prepare(bytes(data), "damaged")
        except UserError:
            continue
        seen.setdefault(header(program, Identity("net", "0" * 16), 0), program)
    assert_clean(list(seen.values()), tmp_path)
