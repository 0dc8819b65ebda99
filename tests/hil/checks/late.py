"""Windows that came late. While a streaming network catches up, after its gate has opened, some of them may.

Three steps of the keyword network and the front end take 77 of the 80 ms that the emulated processor has for a window;
it is four times slower than the slowest real Cortex-M4 here. Nothing is lost meanwhile: the samples wait.
"""

from ml.link.messages import Telemetry

CATCHES_UP = 6  # windows, each time that the gate opens: 12 steps and those that come meanwhile, three at a time


def late(now: Telemetry, before: Telemetry | None = None) -> int:
    """Windows of an emulated board that were missed since `before`, or ever, and that no catching up excuses."""
    missed = now.missed - (before.missed if before else 0)
    if not now.gate or not now.inference or now.inference.max < 2 * now.inference.min:
        return missed  # a network that never catches up
    begun = before.gate.openings - before.gate.open if before and before.gate else 0
    return max(0, missed - CATCHES_UP * (now.gate.openings - begun))
