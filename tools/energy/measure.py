"""One measurement: reads a meter for a while."""

from __future__ import annotations

import time
from collections.abc import Callable

from ml.errors import UserError
from tools.energy.meter import Meter, Samples, join

SILENCE_S = 3.0  # without a sample the meter is stuck
LATE, LATE_S = 3.0, 30.0  # times as long as was asked for, and this: its clock is none


def measure(meter: Meter, seconds: float, progress: Callable[[float, float], None]) -> Samples:
    """Samples of `seconds`, or of fewer where Ctrl-C ends it. `progress` takes the seconds done and the current."""
    parts: list[Samples] = []
    count = 0
    meter.start()
    try:
        began = last = time.monotonic()
        while count < seconds * meter.rate_hz:  # the true rate may be known only after a while
            part = meter.read()
            if len(part):
                parts.append(part)
                count += len(part)
                last = time.monotonic()
                progress(count / meter.rate_hz, float(part.current_a[-1]))
            elif time.monotonic() - last > SILENCE_S:
                raise UserError(f"{meter.name}: expected samples, found none for {SILENCE_S:g} s; plug it in anew")
            if last - began > LATE * seconds + LATE_S:
                raise UserError(
                    f"{meter.name}: expected {meter.rate_hz:g} samples a second, as it says, found {count} in "
                    f"{last - began:.0f} s; reset it"
                )
    except KeyboardInterrupt:
        if not parts:
            raise
    finally:
        meter.stop()
    made, wanted = join(parts), round(seconds * meter.rate_hz)
    if not min(wanted, len(made)):
        raise UserError(f"{meter.name}: expected samples in {seconds:g} s, found none; measure longer")
    return Samples(made.current_a[:wanted], made.marks[:wanted])
