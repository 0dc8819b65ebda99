"""A virtual board whose registers QEMU traces: what it says and what its mark pin does, in the order it does them."""

import re
import subprocess
import threading
from pathlib import Path

EVENTS = ("mps2_fpgaio_write", "cmsdk_apb_timer_read", "cmsdk_apb_uart_write", "cmsdk_apb_uart_set_params")
TICK_US = 0.04  # of the board's timer, which counts down
LOW, HIGH = "\\", "/"  # the pin's edges, among the text
ANSWER_S = 60.0


class Traced:
    """QEMU with the console on its standard input and output. `log` is where it writes its trace."""

    def __init__(self, program: Path, log: Path) -> None:
        trace = ",".join(f"trace:{event}" for event in EVENTS)
        serial = "-nographic -monitor none -serial stdio -serial null -icount shift=6"
        command = ["qemu-system-arm", "-machine", "mps2-an386", *serial.split(), "-kernel", str(program)]
        self.log, self.seen = log, 0
        self.process = subprocess.Popen(
            [*command, "-d", trace, "-D", str(log)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )

    def listen(self) -> str:
        """Text up to and with the next m-ready, the pin's edges between it, as the trace tells."""
        said = self._read()
        text = self.log.read_text()
        new, self.seen = text[self.seen :], len(text)
        self.lows = _widths(new)
        told = "".join(_happenings(new))
        assert told.replace(LOW, "").replace(HIGH, "") == said
        return told

    def _read(self) -> str:
        said = b""
        limit = threading.Timer(ANSWER_S, self.process.kill)  # a board that is silent ends the test
        limit.start()
        try:
            while not said.endswith(b"m-ready\r\n"):
                byte = self.process.stdout.read(1)
                assert byte, f"expected m-ready, found {said!r}"
                said += byte
        finally:
            limit.cancel()
        return said.decode("ascii")

    def baud(self) -> int:
        """What the console was set to."""
        return int(re.search(r"params set to (\d+) 8N1", self.log.read_text())[1])

    def ask(self, command: str) -> str:
        self.process.stdin.write(command.encode())
        return self.listen()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()


def _happenings(trace: str) -> list[str]:
    """Characters of the console, and edges of the pin: the first write to LED0 is none."""
    happened = []
    for event, offset, data in re.findall(r"^(\w+) .*offset 0x(\w+) data 0x(\w+)", trace, re.MULTILINE):
        if event == "cmsdk_apb_uart_write" and offset == "0":
            happened.append(chr(int(data, 16)))
        elif event == "mps2_fpgaio_write" and offset == "0":
            happened.append(HIGH if int(data, 16) else LOW)
    return happened


def _widths(trace: str) -> list[float]:
    """Microseconds that the pin was low for sure: between the first and the last look at the clock meanwhile."""
    widths = []
    for low in re.findall(
        r"^mps2_fpgaio_write .*offset 0x0 data 0x0 .*\n([^$]*?)^mps2_fpgaio_write", trace, re.MULTILINE
    ):
        ticks = [int(value, 16) for value in re.findall(r"^cmsdk_apb_timer_read .*offset 0x4 data 0x(\w+)", low, re.M)]
        widths.append((ticks[0] - ticks[-1]) * TICK_US)
    return widths
