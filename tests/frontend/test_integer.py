"""Logarithm and square root in integers, and that the committed tables are what their generator writes."""

import math

import numpy as np
import pytest
from c_frontend import library
from hypothesis import given
from hypothesis import strategies as st
from integer_logmel import log2_q8

from ml.native import tables

words = st.integers(0, 2**64 - 1) | st.integers(0, 64).flatmap(
    lambda bit: st.integers(max(0, 2**bit - 3), min(2**64 - 1, 2**bit + 3))
)


@given(words)
def test_logarithm_is_within_its_bound(x):
    assert abs(library().log2_q8(x) - 256 * math.log2(max(x, 1))) < 0.6


@given(words)
def test_logarithm_is_that_of_the_independent_statement(x):
    assert library().log2_q8(x) == log2_q8(x)


def test_logarithm_never_falls():
    x = np.unique(np.geomspace(1, 2.0**63, 20000).astype(np.uint64))
    values = [library().log2_q8(int(v)) for v in x]
    assert values == sorted(values)


@given(words)
def test_square_root_is_exact(x):
    assert library().square_root(x) == math.isqrt(x)


@pytest.mark.parametrize("path", tables.sources(), ids=lambda path: path.name)
def test_committed_tables_are_those_of_the_generator(path):
    assert path.read_text() == tables.sources()[path], "run: python -m ml.native.tables"
