"""Damaged models with state, matrix products and int16 activations: refused in one line, or run clean."""

import random
import shutil
import subprocess

import pytest

from ml.compiler.compile import prepare
from ml.compiler.header import Identity, header
from ml.errors import UserError
from ml.paths import ROOT
from tests.compiler.builder import Builder
from tests.compiler.further import further, further_int16
from tests.compiler.mixed import mixed
from tests.compiler.test_header import COMPILERS, assert_no_warning, kitchen_sink
from tests.compiler.test_reader import survives
from tests.compiler.test_sanitizers import assert_clean, pytestmark  # noqa: F401 - skips where there is no gcc
from tests.compiler.test_variables import wake_word
from tests.nn.test_batch_matmul import product
from tests.nn.test_int16_classifier import classifier
from tests.nn.test_recurrent import Q, lstm, svdf

MODELS = {
    "lstm": lstm(Q, 2, 3, 4, 5, clip=1.0),
    "svdf": svdf(Q, 2, 4, 3, 2, 4, "int16"),
    "svdf with an int8 state": svdf(Q, 1, 4, 3, 2, 4, "int8"),
    "batch matmul": product([(2, "both"), (2, "a")], (3, 4, 5), (True, False), (0.1, 0.1, 0.2), (1, 2, 3)),
    "int16 classifier": classifier("int8"),
    "4, 8 and 16 bits": mixed(),
    "further operators": further(),
    "further operators on int16": further_int16(),
    "resource variables": wake_word(),
}


def damaged(model: bytes, chance: random.Random) -> bytes:
    data = bytearray(model)
    for _ in range(chance.randint(1, 3)):
        data[chance.randrange(len(data))] = chance.choice([0, 1, 2, 3, 4, 5, 9, 18, 127, 128, 255])
    return bytes(data)


@pytest.mark.parametrize("name", MODELS)
def test_a_damaged_model_is_refused_in_one_line_or_accepted(name):
    chance = random.Random(name)
    for _ in range(200):
        survives(damaged(MODELS[name], chance))


@pytest.mark.parametrize("name", MODELS)
def test_a_sound_or_accepted_model_runs_clean(name, tmp_path):
    sound = prepare(MODELS[name], name)
    chance, seen = random.Random(name), {}
    while len(seen) < 2:
        try:
            program = prepare(damaged(MODELS[name], chance), "damaged")
        except UserError:
            continue
        seen.setdefault(header(program, Identity("net", "0" * 16), 0), program)
    assert_clean([sound, *seen.values()], tmp_path)


@pytest.mark.parametrize("standard", ["c99", "c++11"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_the_headers_compile_without_a_warning(tmp_path, compiler, standard):
    assert_no_warning(tmp_path, compiler, standard, [prepare(model, "model") for model in MODELS.values()])


@pytest.mark.skipif(not shutil.which("arm-none-eabi-gcc"), reason="no arm-none-eabi-gcc here")
def test_the_flash_of_a_struct_is_what_the_compiler_counts(tmp_path):
    layers = [layer for model in (kitchen_sink(), *MODELS.values()) for layer in prepare(model, "model").layers]
    structs = {
        (layer.lowered.struct.type, layer.lowered.struct.bytes, layer.lowered.headers)
        for layer in layers
        if layer.lowered.struct
    }
    text = "".join(f'#include "{name}"\n' for name in sorted({name for _, _, names in structs for name in names}))
    for kind, size, _ in sorted(structs):
        base, _, count = kind.partition("[")
        text += f'_Static_assert({count.rstrip("]") or 1} * sizeof({base}) == {size}, "{kind}");\n'
    (tmp_path / "sizes.c").write_text(text)
    call = ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", f"-I{ROOT}/lib/nn/include", "-fsyntax-only"]
    done = subprocess.run([*call, str(tmp_path / "sizes.c")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("role", ["input", "output"])
def test_a_variable_tensor_at_an_end_of_the_model_is_refused_by_name(role):
    b = Builder()
    x = b.tensor((1, 4), scale=0.1, name="start", variable=role == "input")
    y = b.tensor((1, 4), scale=0.1)
    state = b.tensor((1, 4), scale=0.1, name="memory", variable=True)
    b.op("ADD", [x, state], [y])
    with pytest.raises(UserError, match=f"the {role} tensor .*{'start' if role == 'input' else 'memory'}.* variable"):
        prepare(b.model([x], [y if role == "input" else state]), "model")
