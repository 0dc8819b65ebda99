"""The header of a streaming model: no warning, no harm under sanitizers, the self-test of a full window."""

import shutil
import subprocess

import pytest

from ml.compiler import compile_model
from ml.compiler.compile import prepare
from ml.compiler.header import Identity, header
from ml.compiler.streaming import Request
from ml.paths import ROOT
from tests.compiler.streaming.test_stacks import int16_activations, same_convolutions
from tests.compiler.test_header import COMPILERS, WARNINGS

USE = """#include "net_model.h"
bool use(const int8_t *rows);
bool use(const int8_t *rows) { return net_push(rows); }
"""
MAIN = """#include "net_model.h"
int main(void) { return nn_stream_self_test(&net_stream) && nn_self_test(&net_model) ? 0 : 1; }
"""


@pytest.mark.parametrize("standard", ["c99", "c++11"])
@pytest.mark.parametrize("compiler", COMPILERS)
@pytest.mark.parametrize("model", [same_convolutions, int16_activations])
def test_it_compiles_without_a_warning(tmp_path, model, compiler, standard):
    command = COMPILERS[compiler]
    if not shutil.which(command[0]):
        pytest.skip(f"no {command[0]} here")
    program = prepare(model(), "net", None, Request(1))
    (tmp_path / "net_model.h").write_text(header(program, Identity("net", "0" * 16), 0))
    source = tmp_path / ("main.c" if standard == "c99" else "main.cpp")
    source.write_text(USE)
    front = [command[0].replace("gcc", "g++"), *command[1:]] if standard == "c++11" else command
    include = [f"-I{ROOT}/lib/nn/include", f"-I{tmp_path}"]
    call = [*front, f"-std={standard}", *WARNINGS, *include, "-c", str(source), "-o", str(tmp_path / "out.o")]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("ram", [None, 1])
def test_it_runs_under_address_and_undefined_behaviour_sanitizers(tmp_path, ram):
    """With either way of keeping history."""
    if not shutil.which("gcc"):
        pytest.skip("no gcc here")
    compile_model(same_convolutions(), "net", tmp_path, stream=Request(1, ram=ram))
    (tmp_path / "main.c").write_text(MAIN)
    sources = sorted((ROOT / "lib/nn/src").rglob("*.c"))
    flags = ["-std=c99", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", f"-I{ROOT}/lib/nn/include"]
    program = tmp_path / "main"
    call = ["gcc", *flags, f"-I{tmp_path}", str(tmp_path / "main.c"), *map(str, sources), "-o", str(program)]
    subprocess.run(call, check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
