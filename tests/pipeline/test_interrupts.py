"""Ctrl-C while TensorFlow is being imported is kept until the import is done, never lost."""

import signal

import pytest

from ml.train.keras import interrupts_later


@pytest.fixture(autouse=True)
def interruptible():
    """As in a terminal; a shell's background job starts with interrupts ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_inside_arrives_at_the_end():
    reached = []
    with pytest.raises(KeyboardInterrupt), interrupts_later():
        signal.raise_signal(signal.SIGINT)
        reached.append("the end of the block")
    assert reached


def test_interrupts_work_as_before_afterwards():
    with interrupts_later():
        pass
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_whoever_ignores_interrupts_goes_on_ignoring_them():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupts_later():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
