"""When a recording begins by itself: sound above a level, or movement."""

from dataclasses import dataclass

import numpy as np

from ml.capture.events import Block, Stream
from ml.capture.meter import decibels, linear
from ml.errors import UserError

LEVEL_DB, MOTION_G = -30.0, 0.3
FRAME_S = 0.02  # over which a level is measured
RELEASE = {"level": 6.0, "motion": 0.1}  # dB and g by which it must fall before it can begin again


@dataclass(frozen=True)
class Rule:
    """`--trigger level`, `level=-20`, `motion`, `motion=0.5`."""

    kind: str
    threshold: float  # dBFS, or g away from rest

    @classmethod
    def parse(cls, text: str) -> "Rule":
        kind, _, number = text.partition("=")
        defaults = {"level": LEVEL_DB, "motion": MOTION_G}
        try:
            threshold = float(number) if number else defaults[kind]
        except (KeyError, ValueError):
            threshold = float("nan")
        if kind not in defaults or not -200 < threshold < 200:
            raise UserError(
                f"expected --trigger level, level=-30 (dBFS), motion or motion=0.3 (g), found {text[:40]!r}"
            )
        return cls(kind, threshold)

    def suits(self, stream: Stream) -> bool:
        if self.kind == "level":
            return stream.is_audio
        return linear(stream, np.zeros((1, len(stream.columns)))) is not None


class Trigger:
    """Watches the first stream that suits; `fired_us` is the device time at which it was set off."""

    def __init__(self, rule: Rule, stream: Stream) -> None:
        self.rule, self.stream = rule, stream
        self.fired_us: int | None = None
        self._armed = True
        self._rest = np.zeros((0, len(stream.columns)))

    @classmethod
    def on(cls, rule: Rule, streams: tuple[Stream, ...]) -> "Trigger":
        stream = next((stream for stream in streams if rule.suits(stream)), None)
        if stream is None:
            raise UserError(
                f"expected a stream for the trigger {rule.kind!r}, found {', '.join(s.name for s in streams)}"
            )
        return cls(rule, stream)

    def arm(self) -> None:
        self.fired_us = None

    def add(self, block: Block) -> None:
        """Frame by frame; what is left of a block waits for the next."""
        if block.stream.name != self.stream.name:
            return
        if block.lost != 0:
            self._rest = self._rest[:0]
        frame = self._frame()
        start_us = block.time_us - len(self._rest) * block.period_us
        values = np.concatenate([self._rest, block.values])
        whole = len(values) // frame * frame
        for at in range(0, whole, frame):
            self._judge(self._strength(values[at : at + frame]), round(start_us + at * block.period_us))
        self._rest = values[whole:]

    def _frame(self) -> int:
        return max(1, round(FRAME_S * self.stream.rate_hz)) if self.rule.kind == "level" else 1

    def _strength(self, values: np.ndarray) -> float:
        if self.rule.kind == "level":
            return decibels(values)
        motion = linear(self.stream, values)
        if motion is None:
            raise RuntimeError(f"expected a stream with an acceleration, found {self.stream.name}")
        return float(motion.max())

    def _judge(self, strength: float, time_us: int) -> None:
        if strength < self.rule.threshold - RELEASE[self.rule.kind]:
            self._armed = True
        elif strength >= self.rule.threshold and self._armed and self.fired_us is None:
            self._armed = False
            self.fired_us = time_us
