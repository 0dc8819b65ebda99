"""docs/operators.md says what the code does."""

import importlib.util
import re
from pathlib import Path

import pytest

from ml.compiler import tflm
from ml.compiler.document import PAGE, coverage, page
from ml.compiler.operators import FAMILIES, KERNELS
from ml.compiler.schema import OPERATORS
from ml.compiler.tflm_operators import TFLM_OPERATORS


def test_the_page_is_as_the_code_has_it():
    assert PAGE.read_text() == page(), "run: python -m ml operators --write"


def test_every_operator_has_a_kernel_and_says_what_it_supports():
    for kind, family in FAMILIES.items():
        assert KERNELS[kind], kind
        assert family.limits, kind


def test_every_operator_of_tflm_is_counted_once():
    found = coverage()
    parts = [set(found[part]) for part in ("layers", "removed", "left")]
    assert set.union(*parts) == TFLM_OPERATORS and sum(map(len, parts)) == len(TFLM_OPERATORS)
    assert set(found["wide"]) <= set(found["layers"]) and not set(found["beyond"]) & set(found["left"])


@pytest.mark.skipif(not tflm.available(), reason="tflite-micro exists for Linux on x86-64 only")
def test_the_operators_of_tflm_are_those_of_the_installed_package():
    """The names of its registration functions are in the library, each behind its length."""
    spec = importlib.util.find_spec("tflite_micro")
    library = Path(spec.origin).parent / "python" / "tflite_micro" / "_runtime.so"
    found = re.finditer(rb"(\d+)Register_([A-Z0-9_]+)", library.read_bytes())
    names = {one[2][: int(one[1]) - len("Register_")].decode() for one in found}
    assert names & set(OPERATORS.values()) == TFLM_OPERATORS
