"""The header of a streaming model: no warning, no harm under sanitizers, the self-test of a full window."""

import shutil

import pytest

from ml.compiler import compile_model
from ml.compiler.compile import prepare
from ml.compiler.streaming import Request
from tests.compiler.streaming.test_stacks import int16_activations, same_convolutions
from tests.compiler.test_header import COMPILERS, assert_no_warning, assert_runs_clean

USE = """bool use_{name}(const int8_t *rows);
bool use_{name}(const int8_t *rows) {{ return {name}_push(rows); }}
"""
MAIN = """#include "net_model.h"
int main(void) { return nn_stream_self_test(&net_stream) && nn_self_test(&net_model) ? 0 : 1; }
"""


@pytest.mark.parametrize("standard", ["c99", "c++11"])
@pytest.mark.parametrize("compiler", COMPILERS)
def test_it_compiles_without_a_warning(tmp_path, compiler, standard):
    programs = [prepare(model(), "net", None, Request(1)) for model in (same_convolutions, int16_activations)]
    assert_no_warning(tmp_path, compiler, standard, programs, USE)


@pytest.mark.parametrize("ram", [None, 1])
def test_it_runs_under_address_and_undefined_behaviour_sanitizers(tmp_path, ram):
    """With either way of keeping history."""
    if not shutil.which("gcc"):
        pytest.skip("no gcc here")
    compile_model(same_convolutions(), "net", tmp_path, stream=Request(1, ram=ram))
    (tmp_path / "main.c").write_text(MAIN)
    assert_runs_clean(tmp_path / "main.c")
