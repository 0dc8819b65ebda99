"""A node that sends datagrams: it keeps its events until they are acknowledged, as firmware does."""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass
from random import Random

import cbor2

from ml.link.datagram import DOWN, UP, Datagram, opened, seal
from ml.link.frames import Frame
from ml.link.messages import Command, Event, Type
from tools.simulated.apps import App

KEPT = 16  # events
FIRST_S, LONGEST_S = 1.0, 16.0  # until what is not acknowledged is sent again
EVENTS = struct.Struct("<BIHB")


@dataclass(frozen=True)
class Weather:
    """What happens to datagrams and clocks."""

    lost: float = 0.01  # of the datagrams, each way
    out: float = 0.02  # of the time a node reaches nobody
    out_s: float = 20.0  # on average
    repeated: float = 0.01  # old datagrams that somebody sends again
    drift_ppm: float = 50.0  # at most


class Node:
    """`now` is the simulation's time in seconds, everywhere."""

    __slots__ = (
        "_chance", "_cycle", "_drift", "_hurry", "_info", "_kept", "_left", "_old", "_out_until", "_wait_s", "_weather",
        "app", "boot", "counter", "forgotten", "key", "number", "resend_s", "sequence", "started_s",
    )  # fmt: skip

    def __init__(
        self, number: int, key: bytes, app: App, weather: Weather, now: float, boot: int, pace: tuple[float, float]
    ):
        self._chance = Random(number)
        self.number, self.key, self.app, self._weather = number, key, app, weather
        self.boot, self.counter, self.sequence, self.started_s = boot, 0, 0, now
        self._drift = 1 + self._chance.uniform(-1, 1) * weather.drift_ppm / 1e6
        self._kept: deque[tuple[int, Frame]] = deque()
        self.forgotten: set[int] = set()  # sequences, before they were acknowledged
        self._left = 0  # events of this burst
        cycle_s, self._hurry = pace  # from burst to burst; factor of all times in it
        self._cycle = max(0.01, cycle_s - 2 * self._hurry * app.gap_s * (app.burst - 1))
        self._out_until, self.resend_s, self._wait_s = 0.0, 0.0, FIRST_S
        self._old = b""
        self._info = 0

    def first_s(self) -> float:
        """When it tells its first event."""
        return self.started_s + self._chance.random() * self._cycle

    def happens(self, now: float) -> tuple[list[bytes], float]:
        """An event: datagrams to send, and when the next one is."""
        if not self._left:
            self._left = self.app.size(self._chance)
            if self._chance.random() < self._weather.out * self._cycle / self._weather.out_s:
                self._out_until = now + self._chance.expovariate(1 / self._weather.out_s)
        self._left -= 1
        sent = [] if self._info else [self._seal(self._describe(now), now), self._seal(self._count(now), now)]
        frame = self._event(now)
        if len(self._kept) == KEPT:
            self.forgotten.add(self._kept.popleft()[0])
        self._kept.append((self.sequence, frame))
        self.sequence += 1
        if len(self._kept) == 1:
            self.resend_s, self._wait_s = now + FIRST_S, FIRST_S
        sent.append(self._seal(frame, now))
        if self._old and self._chance.random() < self._weather.repeated:
            sent.append(self._old)
        self._old = sent[-1]
        wait = self._hurry * self.app.gap(self._chance) if self._left else self._chance.expovariate(1 / self._cycle)
        return self._through(sent, now), now + wait

    def again(self, now: float) -> list[bytes]:
        """What is not acknowledged, when it is due."""
        if not self._kept or now < self.resend_s:
            return []
        self._wait_s = min(2 * self._wait_s, LONGEST_S)
        return self._resend(now)

    def hears(self, data: bytes, now: float) -> list[bytes]:
        """A datagram of the gateway; what is sent again because of it."""
        datagram = opened(data, self.key, DOWN)
        if datagram is None or datagram.boot != self.boot or now < self._out_until:
            return []
        payload = datagram.frame.payload
        if payload == bytes([Command.GET_INFO]):
            return self._through([self._seal(self._describe(now), now)], now)
        if len(payload) != EVENTS.size or payload[0] != Command.EVENTS:
            return []
        _, boot, before, again = EVENTS.unpack(payload)
        while boot == self.boot and self._kept and 0 < (before - self._kept[0][0]) % 2**16 < 2**15:
            self._kept.popleft()
            self._wait_s, self.resend_s = FIRST_S, now + FIRST_S
        return self._resend(now) if again else []

    @property
    def waiting(self) -> int:
        """Events that are not acknowledged."""
        return len(self._kept)

    @property
    def acknowledged(self) -> set[int]:
        """Sequences."""
        return set(range(self.sequence - len(self._kept))) - self.forgotten

    def flood(self, now: float) -> bytes:
        """A datagram that says nothing new, with a right code."""
        return self._seal(self._describe(now), now)

    def _resend(self, now: float) -> list[bytes]:
        self.resend_s = now + self._wait_s * (1 + self._chance.random())
        return self._through([self._seal(frame, now) for _, frame in self._kept], now)

    def _through(self, sent: list[bytes], now: float) -> list[bytes]:
        if now < self._out_until:
            return []
        return [data for data in sent if self._chance.random() >= self._weather.lost]

    def _clock_us(self, now: float) -> int:
        return int((now - self.started_s) * self._drift * 1e6)

    def _seal(self, frame: Frame, now: float) -> bytes:
        self.counter += 1
        first = (self._kept[0][0] if self._kept else self.sequence) % 2**16
        return seal(Datagram(UP, self.number, self.boot, self.counter, first, frame), self.key)

    def _event(self, now: float) -> Frame:
        label = self._chance.randrange(len(self.app.labels))
        payload = Event.LAYOUT.pack(label, self.app.score(self._chance), self.sequence, 0, 0, 0, 5000, 0)
        return Frame(Type.EVENT, 0, self.sequence % 2**16, self._clock_us(now) % 2**32, payload)

    def _count(self, now: float) -> Frame:
        """Telemetry, likewise; of it the battery matters."""
        counters = ("windows", "events", "missed", "overruns", "dropped", "frames", "errors", "stack")
        told: dict = dict.fromkeys(counters, 0) | {key: [0, 0, 0] for key in ("frontend", "inference", "decide")}
        told |= {"uptime_us": self._clock_us(now), "saturated": [], "scores": []}
        told["battery_mv"] = 3000 + self.number * 7 % 1200
        return Frame(Type.TELEMETRY, 0, 0, self._clock_us(now) % 2**32, cbor2.dumps(told))

    def _describe(self, now: float) -> Frame:
        """Session info, which is sent with the first event."""
        scores = {"id": 1, "name": "scores", "rate_mhz": 0, "format": "uint8"}
        scores["channels"] = [[list(self.app.labels), "score", 256]]
        info = {
            "version": 1,
            "app": self.app.name,
            "board": "simulated",
            "build": "1",
            "uptime_us": self._clock_us(now),
            "cycles_hz": 64_000_000,
            "stack": 0,
            "max_payload": 256,
            "reset": "power",
            "streams": [scores],
        }
        self._info += 1
        return Frame(Type.INFO, 0, (self._info - 1) % 2**16, self._clock_us(now) % 2**32, cbor2.dumps(info))
