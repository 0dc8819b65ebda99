"""When and what the nodes of an application tell: events come in bursts.

Labels, and the least time between two events, are those of the committed headers. How many events a burst has follows
from what the application sees: a few words, a session of gestures, one fall, a fault that is told again until it ends.
How often bursts come is set by the rate that the whole fleet shall have.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class App:
    """`labels`: without background; `share`: of the nodes; `burst`: events, on average; `gap_s`: in it, at least."""

    name: str
    labels: tuple[str, ...]
    share: float
    burst: float
    gap_s: float
    likely: int  # score of 255

    def size(self, chance: Random) -> int:
        """Events of a burst: geometric."""
        size = 1
        while chance.random() > 1 / self.burst:
            size += 1
        return size

    def gap(self, chance: Random) -> float:
        """Seconds to the next event of a burst."""
        return self.gap_s * (1 + chance.expovariate(1))

    def score(self, chance: Random) -> int:
        return max(128, min(255, round(chance.gauss(self.likely, 25))))


WORDS = ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")
GESTURES = ("backward", "bounce_down", "bounce_up", "forward", "left", "right", "shake_lr", "shake_ud", "turn_left")
APPS = (
    App("keyword_spotting", WORDS, 0.3, 2, 0.96, 215),
    App("gesture_recognition", GESTURES, 0.3, 6, 1.3, 220),
    App("fall_detection", ("fall",), 0.3, 1, 2.0, 225),
    App("vibration_anomaly", ("anomalous",), 0.1, 8, 2.0, 240),
)


def app_of(number: int) -> App:
    """Of a node; the shares hold for each hundred nodes."""
    place = (number * 37 % 100) / 100
    for app in APPS:
        if place < app.share:
            return app
        place -= app.share
    return APPS[-1]
