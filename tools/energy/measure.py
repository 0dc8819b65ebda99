"""One measurement: reads a meter for a while, and counts the device's inferences meanwhile where it is asked."""

from __future__ import annotations

import time
from collections.abc import Callable

from ml.errors import UserError
from ml.link.device import Device
from tools.energy.meter import Meter, Samples, join

SILENCE_S = 3.0  # without a sample the meter is stuck


def measure(meter: Meter, seconds: float, progress: Callable[[float, float], None]) -> Samples:
    """Samples of `seconds`, or of fewer where Ctrl-C ends it. `progress` takes the seconds done and the current."""
    wanted = round(seconds * meter.rate_hz)
    parts: list[Samples] = []
    count = 0
    meter.start()
    try:
        last = time.monotonic()
        while count < wanted:
            part = meter.read()
            if len(part):
                parts.append(part)
                count += len(part)
                last = time.monotonic()
                progress(count / meter.rate_hz, float(part.current_a[-1]))
            elif time.monotonic() - last > SILENCE_S:
                raise UserError(f"{meter.name}: expected samples, found none for {SILENCE_S:g} s; plug it in anew")
    except KeyboardInterrupt:
        if not parts:
            raise
    finally:
        meter.stop()
    made = join(parts)
    return Samples(made.current_a[:wanted], made.marks[:wanted])


class Counter:
    """Counts the inferences of the device at a link port between `start` and `count`."""

    def __init__(self, port: str) -> None:
        self.device = Device.open(port)
        self._before = 0

    def start(self) -> None:
        self._before = self.device.statistics().windows

    def count(self) -> int:
        return self.device.statistics().windows - self._before

    def close(self) -> None:
        self.device.close()
