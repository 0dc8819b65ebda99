"""`pio debug` on a virtual board: stops in main, shows what the program holds, and leaves nothing running."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator

import emulator_control
import pytest

from tests.platform.bench import PIO, Bench

ENV = "probe-virtual"
PATIENCE_S = 120  # it builds for debugging first
pytestmark = pytest.mark.skipif(
    not any(map(shutil.which, ("gdb-multiarch", "arm-none-eabi-gdb"))), reason="no GDB for Arm on the PATH"
)


class Debugger:
    """`pio debug`, which reads commands from a pipe."""

    def __init__(self, bench: Bench) -> None:
        words = [PIO, "debug", "-e", ENV, "--interface=gdb", "--", "-x", ".pioinit"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self.process = subprocess.Popen(words, cwd=bench.folder, env=bench.environment, **pipes)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.said = ""

    def say(self, command: str) -> None:
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()

    def ask(self, command: str, wanted: str) -> str:
        """The first line with the wanted words after a command."""
        begin = len(self.said)
        self.say(command)
        return self.line(wanted, begin)

    def line(self, wanted: str, begin: int = 0) -> str:
        def there() -> bool:
            self.said += (self.process.stdout.read() or b"").decode(errors="replace")
            return "\n" in self.said[begin:].partition(wanted)[2]

        assert until(there), self.said
        before, _, after = self.said[begin:].partition(wanted)
        return before.rpartition("\n")[2] + wanted + after.partition("\n")[0]


def until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return False


@contextlib.contextmanager
def debugging(bench: Bench) -> Iterator[Debugger]:
    """Ended by SIGKILL, as when its terminal goes."""
    debugger = Debugger(bench)
    try:
        debugger.line("breakpoint 1, main ()")
        yield debugger
    finally:
        debugger.process.kill()
        debugger.process.wait()


def test_pio_debug_stops_in_main_and_prints_a_variable(bench: Bench) -> None:
    with debugging(bench) as debugger:
        debugger.ask("break board_console_write", "Breakpoint 2 at")
        debugger.ask("continue", "Breakpoint 2, board_console_write (bytes=")
        assert "probe ready" in debugger.ask("print (const char *)bytes", "$1 = ")
        assert debugger.ask("print stalled", "$2 = ").endswith("false")  # of lib/board
        assert "send" in debugger.ask("backtrace", "#1 ")
        assert (bench.run_folder(ENV) / "console").exists()  # for the monitor
        debugger.say("quit")
        assert until(lambda: debugger.process.poll() is not None)
    assert until(lambda: not bench.run_folder(ENV).exists())


def test_a_debugger_that_is_killed_leaves_no_board(bench: Bench) -> None:
    with debugging(bench):
        assert emulator_control.running(bench.run_folder(ENV))
    assert until(lambda: not bench.run_folder(ENV).exists())
