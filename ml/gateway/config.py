"""What a gateway listens to, keeps, and hands on to: gateway.toml as reading.py takes it."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field, replace
from pathlib import Path

RULES = ("quiet", "several", "fuse")


@dataclass(frozen=True)
class Board:
    """On a line of bytes: a device path, a virtual board, socket://HOST:PORT."""

    name: str
    port: str


@dataclass(frozen=True)
class Nodes:
    """Those that send datagrams, by UDP or a broker."""

    keys: Path
    rate: float  # datagrams a second of one node, over a longer time
    burst: int  # of them at once


@dataclass(frozen=True)
class Broker:
    """An MQTT broker."""

    host: str
    port: int
    user: str
    password: Path | None
    tls: bool


@dataclass(frozen=True)
class FromBroker:
    """Datagrams in MQTT messages."""

    broker: Broker
    subscribe: str  # a topic filter
    answer: str  # answers go to ANSWER/NODE


@dataclass(frozen=True)
class ToBroker:
    broker: Broker
    topic: str
    discovery: str  # Home Assistant's prefix, "": none


@dataclass(frozen=True)
class Post:
    url: str
    batch: int
    token: Path | None


@dataclass(frozen=True)
class Rule:
    """Over several nodes. `nodes`: patterns; `labels`: () for any."""

    name: str
    kind: str  # of RULES
    nodes: tuple[str, ...]
    labels: tuple[str, ...]
    within_s: float  # device time in which events belong together; quiet: how long nothing may come
    least: int  # several: nodes
    score: float  # fuse: of 1
    late_s: float  # how long a late decision is waited for


@dataclass(frozen=True)
class Second:
    """A larger model for what nodes with the model `first` are unsure of. Both are `.tflite` files."""

    app: str
    first: Path
    model: Path
    labels: tuple[str, ...]  # of the scores of `model`
    between: tuple[int, int]  # scores of events, of 256, both included
    late_s: float  # how long an event waits for it
    tell_boards: bool = True  # to make events from the lower score on


@dataclass(frozen=True)
class Config:
    name: str
    store: Path
    most_mb: int
    page: tuple[str, int] | None
    metrics: tuple[str, int] | None
    boards: tuple[Board, ...] = ()
    nodes: Nodes | None = None
    udp: tuple[str, int] | None = None
    from_broker: FromBroker | None = None
    to_broker: ToBroker | None = None
    post: Post | None = None
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    seconds: tuple[Second, ...] = ()

    @property
    def patient_rules(self) -> tuple[Rule, ...]:
        """They also wait as long as an event may have waited for a larger model."""
        held_s = max((one.late_s for one in self.seconds), default=0.0)
        return tuple(replace(one, late_s=one.late_s + held_s) for one in self.rules)


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """The node's name is one of these, in which * and ? stand for anything."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
