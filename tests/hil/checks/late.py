"""Windows that came late. While a streaming network catches up, after its gate has opened, some of them may.

Three steps of the keyword network and the front end take 77 of the 80 ms that the emulated processor has for a window;
it is four times slower than the slowest real Cortex-M4 here. Nothing is lost meanwhile: the samples wait.
"""

from ml.link.messages import Telemetry

CATCHES_UP = 6  # windows, each time that the gate opens: 12 steps and those that come meanwhile, three at a time


def late(now: Telemetry) -> int:
    """Those of `now.missed` that no catching up excuses."""
    catches_up = now.inference is not None and now.inference.max >= 2 * now.inference.min > 0
    return max(0, now.missed - CATCHES_UP * now.gate.openings) if catches_up and now.gate else now.missed
