"""docs/operators.md says what the code does."""

from ml.compiler.document import PAGE, page
from ml.compiler.operators import FAMILIES, KERNELS


def test_the_page_is_as_the_code_has_it():
    assert PAGE.read_text() == page(), "run: python -m ml operators --write"


def test_every_operator_has_a_kernel_and_says_what_it_supports():
    for kind, family in FAMILIES.items():
        assert KERNELS[kind], kind
        assert family.limits, kind
