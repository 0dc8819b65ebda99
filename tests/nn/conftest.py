"""The models of a test, Hypothesis's examples, are compiled together."""

import pytest

from tests.compiler.parity import together


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function):
    with together(pyfuncitem.config.rootpath / ".cache"):
        return (yield)
