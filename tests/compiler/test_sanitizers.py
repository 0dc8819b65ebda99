"""Compiled models run clean under AddressSanitizer and UndefinedBehaviorSanitizer, damaged ones too."""

import random
import shutil
import subprocess

import pytest

from ml.compiler.compile import prepare
from ml.compiler.header import Identity, header
from ml.compiler.lowering import Program
from ml.errors import UserError
from ml.native.build import archive
from ml.paths import ROOT
from tests.compiler.test_header import SINKS, kitchen_sink, second_sink
from tests.compiler.test_models import MODELS, model_bytes

pytestmark = pytest.mark.skipif(not shutil.which("gcc"), reason="no gcc here")
FLAGS = ["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]

MAIN = """#include "model.h"
int main(void) {
    nn_self_test(&net_model);
    const int8_t extremes[] = {-128, 127};
    for (int e = 0; e < 2; e++) {
        for (uint32_t i = 0; i < net_model.input_size; i++) net_model.input[i] = extremes[e];
        nn_run(&net_model);
    }
    return 0;
}
"""


def assert_clean(program: Program, folder) -> None:
    """Builds the model with both sanitizers and runs it on the fixed and the extreme inputs."""
    (folder / "model.h").write_text(header(program, Identity("net", "0" * 16), 0))
    (folder / "main.c").write_text(MAIN)
    kernels = archive("nn-sanitized", sorted((ROOT / "lib/nn/src").rglob("*.c")), flags=FLAGS)
    include = [f"-I{ROOT}/lib/nn/include", f"-I{folder}"]
    build = ["gcc", "-std=c99", *FLAGS, *include, str(folder / "main.c"), str(kernels), "-o", str(folder / "main")]
    made = subprocess.run(build, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    done = subprocess.run([folder / "main"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", MODELS)
def test_the_five_models(shared, tmp_path, name):
    assert_clean(prepare(model_bytes(shared, name), name), tmp_path)


@pytest.mark.parametrize("sink", SINKS)
def test_every_family(tmp_path, sink):
    assert_clean(prepare(SINKS[sink](), "net"), tmp_path)


def test_damaged_models_that_are_still_accepted(tmp_path):
    chance, seen = random.Random(7), set()
    while len(seen) < 16:
        data = bytearray(chance.choice([kitchen_sink, second_sink])())
        for _ in range(3):
            data[chance.randrange(len(data))] = chance.choice([0, 1, 2, 3, 5, 9, 127, 128, 255])
        try:
            program = prepare(bytes(data), "damaged")
        except UserError:
            continue
        text = header(program, Identity("net", "0" * 16), 0)
        if text not in seen:
            seen.add(text)
            assert_clean(program, tmp_path)
