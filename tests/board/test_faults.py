"""A fault on the emulated boards is one readable line, and the board stops."""

import re

import pytest

from tests.platform.bench import EMULATED, Bench

LINE = re.compile(
    r"FAULT (\w+): (.+); pc (\?|0x[0-9a-f]{8}) lr (\?|0x[0-9a-f]{8}) cfsr (0x[0-9a-f]{8}) "
    r"address (\?|0x[0-9a-f]{8}); board stopped"
)
FAULTS = {
    "u": ("UsageFault", "undefined instruction", "?"),
    "d": ("UsageFault", "division by zero", "?"),
    "t": ("UsageFault", "jump to an address without the Thumb bit", "?"),
    "b": ("BusFault", "access where there is no memory", "0x60000000"),
    "w": ("MemManage", "access outside memory, or write to flash", "0x00000100"),
    "x": ("MemManage", "execution where nothing may run", "?"),
}


@pytest.mark.parametrize("letter", FAULTS)
def test_a_fault_says_what_happened_and_where(bench: Bench, letter: str) -> None:
    kind, cause, address = FAULTS[letter]
    with bench.fresh("probe-virtual") as console:
        found = LINE.fullmatch(console.ask(f"f{letter}", "FAULT")).groups()
        assert found[:2] == (kind, cause)
        assert found[5] == address
        assert "?" not in found[2:4]
        assert int(found[4], 16) != 0


@pytest.mark.parametrize("board", EMULATED)
def test_stack_overflow_is_a_fault_not_corruption(bench: Bench, board: str) -> None:
    with bench.fresh(f"probe-{board}") as console:
        found = LINE.fullmatch(console.ask("fo", "FAULT")).groups()
        assert found[:2] == ("MemManage", "stack overflow")
        assert int(found[5], 16) < 0x20000000


def test_a_listener_that_comes_late_still_sees_the_fault(bench: Bench) -> None:
    with bench.fresh("probe-virtual") as console:
        console.ask("fu", "FAULT")
    with bench.console("probe-virtual") as console:
        assert LINE.fullmatch(console.line("FAULT"))


def test_a_stopped_board_leaves_its_host_in_peace_whatever_it_is_sent(bench: Bench) -> None:
    with bench.fresh("probe-virtual") as console:
        console.ask("fu", "FAULT")
        console.send("aaaa")
        assert bench.busy_s("probe-virtual", 1.5) < 0.1  # each byte used to wake it again and again


def test_an_upload_revives_a_stopped_board(bench: Bench) -> None:
    with bench.fresh("probe-virtual") as console:
        console.ask("fu", "FAULT")
    with bench.fresh("probe-virtual") as console:
        assert console.ask("a", " hz ")
