"""The gate opens, holds and closes as gate.h says, whatever the levels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.errors import UserError
from ml.native.gate import GateConfig, gates


def expected(levels: list[int], config: GateConfig) -> list[bool]:
    """Open at `open_at`; then as long as one of the last hold + 1 levels since reached `keep_at`."""
    opened, last = [], None
    for step, level in enumerate(levels):
        if level >= (config.open_at if last is None else config.keep_at):
            last = step
        elif last is not None and step - last > config.hold:
            last = None
        opened.append(last is not None)
    return opened


@given(st.lists(st.integers(0, 9), max_size=60), st.integers(0, 9), st.integers(0, 9), st.integers(0, 5))
def test_it_opens_and_closes_as_described(levels, one, other, hold):
    config = GateConfig(max(one, other), min(one, other), hold)
    assert gates(np.array(levels, int), config).tolist() == expected(levels, config)


def test_a_pause_shorter_than_the_hold_does_not_close_it():
    opened = gates(np.array([0, 9, 0, 0, 0, 9, 0, 0, 0, 0, 0]), GateConfig(9, 5, 3))
    assert opened.tolist() == [False, *[True] * 8, False, False]


def test_zero_is_always_open():
    assert gates(np.zeros(5, int), GateConfig(0, 0, 0)).all()


def test_levels_that_c_cannot_hold_are_refused():
    with pytest.raises(UserError, match="expected levels"):
        gates(np.array([-1]), GateConfig(1, 1, 0))
