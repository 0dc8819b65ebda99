"""The text stream of ST's X-NUCLEO-LPM01A: `6409-07` is 6409e-7 A; a time stamp after every thousandth sample or so.

Source: ST UM2243, "STM32 Nucleo expansion board for power consumption measurement", and the runner published with
MLPerf Tiny.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from tools.energy.meter import MOST_MISSING, NOTHING, Samples

MOST_LINE = 4096  # bytes; a longer one is noise
_VALUE = re.compile(rb"(\d{4})([+-])(\d{2})")
_STAMP = re.compile(rb"TimeStamp:\s*(\d{1,9})s\s*(\d{1,9})ms")
_EVENT = re.compile(rb"event \d+ (ris|fal)")


@dataclass
class Decoder:
    """Feed it bytes as they come. Samples that a time stamp misses become NaN before it."""

    rate_hz: float
    damaged: int = 0  # lines that are no value, stamp, event or message
    lost: int = 0
    mark: int = 0  # the trigger input
    _rest: bytes = b""
    _since: int = 0  # samples since the stamp before
    _stamp: float | None = None  # seconds

    def feed(self, data: bytes) -> Samples:
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MOST_LINE:
            self._rest, self.damaged = b"", self.damaged + 1
        current: list[float] = []
        marks: list[int] = []
        for line in lines:
            values = self._line(line.strip())
            current += values
            marks += [self.mark] * len(values)
        if not current:
            return NOTHING
        return Samples(np.array(current), np.array(marks, np.uint8))

    def _line(self, line: bytes) -> list[float]:
        if match := _STAMP.search(line):
            return self._stamped(int(match[1]) + int(match[2]) / 1000)
        if match := _EVENT.match(line):
            self.mark = int(match[1] == b"ris")
            return []
        values = [float(f"{digits.decode()}e{sign.decode()}{power.decode()}") for digits, sign, power in _values(line)]
        if line[:1].isdigit() and len(b"".join(b"".join(value) for value in _values(line))) != len(line):
            self.damaged += 1  # two lines run together where bytes were lost; the next stamp says how many
        self._since += len(values)
        return values

    def _stamped(self, seconds: float) -> list[float]:
        missing = 0
        if self._stamp is not None:
            missing = min(max(0, round((seconds - self._stamp) * self.rate_hz) - self._since), MOST_MISSING)
        self._stamp, self._since = seconds, 0
        self.lost += missing
        return [np.nan] * missing


def _values(line: bytes) -> list[tuple[bytes, bytes, bytes]]:
    return _VALUE.findall(line) if line[:1].isdigit() else []
