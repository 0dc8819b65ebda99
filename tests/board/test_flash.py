"""The flash part of the virtual boards: the rules of NOR, and what is written outlives the board."""

import os
import signal

import emulator_control
import pytest

from tests.platform.bench import BOARDS, Bench, numbers

ERASED, WRITTEN, ERR_FLASH = 0xFFFFFFFF, 0x78563412, 5


def flash(console, action: str) -> list[int]:
    """[error, the word, its first byte where the processor reads it] behind an action of the probe."""
    return numbers(console.ask(f"F{action}", "flash "))


@pytest.mark.parametrize("board", BOARDS)
def test_flash_has_the_rules_of_nor_and_outlives_reset_stop_and_kill(bench: Bench, board: str) -> None:
    env = f"probe-{board}"
    with bench.fresh(env) as console:
        assert flash(console, "e") == [0, ERASED, 0xFF]
        assert flash(console, "p") == [0, WRITTEN, 0x12]
        assert flash(console, "p") == [ERR_FLASH, WRITTEN, 0x12]  # a second time without an erase
        assert flash(console, "u") == [ERR_FLASH, WRITTEN, 0x12]  # half a unit
        assert flash(console, "x") == [ERR_FLASH, WRITTEN, 0x12]  # behind the end
        console.ask("r", "probe ready")
        assert flash(console, "r") == [0, WRITTEN, 0x12]
    emulator_control.stop(bench.run_folder(env))
    with bench.fresh(env) as console:
        assert flash(console, "r") == [0, WRITTEN, 0x12]
    os.kill(emulator_control.running(bench.run_folder(env)).pid, signal.SIGKILL)
    with bench.fresh(env) as console:
        assert flash(console, "r") == [0, WRITTEN, 0x12]
        assert flash(console, "e") == [0, ERASED, 0xFF]
