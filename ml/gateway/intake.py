"""Which frames of a node say something new, and in which order: the gateway's side of the command EVENTS.

A node keeps its events until they are acknowledged, and sends them again. So what is out of turn is not taken: the node
is asked again. The order of each node holds, and all that is remembered of it is the next sequence.
"""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable
from typing import Any

from ml.gateway.outbox import Event, Heard
from ml.link.datagram import Datagram, Fresh
from ml.link.frames import Frame
from ml.link.messages import Command, Health, Info, Telemetry, Type
from ml.link.messages import Event as Detection
from ml.link.session import Arrival, Session

EVENTS = struct.Struct("<IHB")
AGAIN_S = 0.3  # at least, between two requests to send again
ASK_S = 5.0  # likewise, to say what a node is
OLD = 120.0  # seconds in which the least delay of a node is looked for
STREAM = 0


class Clock:
    """Puts a node's clock to Unix time: the least delay of the last minutes is taken for none."""

    __slots__ = ("_before", "_best", "_since")

    def __init__(self) -> None:
        self._best = self._before = 0
        self._since = 0.0

    def unix_us(self, device_us: int, received_us: int) -> int:
        """When it happened."""
        offset, now = received_us - device_us, received_us / 1e6
        if now - self._since > OLD:  # also the drift of its clock
            self._before, self._best, self._since = self._best or offset, offset, now
        self._best = min(self._best, offset)
        return device_us + min(self._best, self._before)


class Node:
    """One node. `send` gives it a frame."""

    __slots__ = (
        "_asked", "_asked_info", "_clock", "_gaps", "about", "boot", "committed", "counter", "fresh", "keeps", "labels",
        "lost", "name", "next", "repeated", "run", "seen_s", "send", "session", "taps", "unsaved", "via",
    )  # fmt: skip

    def __init__(self, name: str, via: str, send: Callable[[Frame], None]) -> None:
        self.name, self.via, self.send = name, via, send
        self.session = Session()
        self.fresh = Fresh()
        self.boot: int | None = None  # None: not known yet, or not any more
        self.run: int | None = None  # the last one that was known
        self.next = self.committed = 0  # sequences beyond their 16 bits
        self.counter = 0
        self.keeps = True  # it answers EVENTS
        self.lost = self.repeated = 0
        self.seen_s = 0.0
        self.about: dict[str, Any] = {}
        self.labels: tuple[str, ...] = ()
        self.taps: list[Callable[[Frame], None]] = []  # who else hears its frames
        self.unsaved = False
        self._clock, self._asked, self._asked_info = Clock(), 0.0, 0.0
        self._gaps: dict[int, int] = {}  # the first event that it had forgotten, and the next that it had not

    def begin(self, boot: int, first: int, known: Heard | None) -> None:
        """A run of the node that is another than before; `known`: what was committed of it."""
        self.boot = self.run = boot
        self._clock = Clock()
        self.next = self.committed = known.next if known else first
        self._gaps.clear()
        self.counter = known.counter if known else 0
        self.skip_to(first)

    def skip_to(self, first: int) -> None:
        """The oldest event that it keeps: what lies before is lost."""
        ahead = (first - self.next) % 2**16
        if 0 < ahead < 2**15:
            self.lost += ahead
            self._gaps[self.next] = self.next + ahead
            self.next += ahead
            self._over_gaps()

    def stored(self, sequence: int) -> None:
        """It is committed, and so is all before it."""
        self.committed = sequence + 1
        self._over_gaps()

    def _over_gaps(self) -> None:
        while self.committed in self._gaps:
            self.committed = self._gaps.pop(self.committed)

    def ask_again(self, now: float) -> None:
        """What is missing; not for every frame that shows it."""
        if now - self._asked >= AGAIN_S:
            self._asked = now
            self.acknowledge(again=True)

    def acknowledge(self, again: bool = False) -> None:
        """It may forget what is committed."""
        if self.keeps and self.boot is not None:
            args = EVENTS.pack(self.boot, self.committed % 2**16, again)
            self.send(Frame(Type.COMMAND, payload=bytes([Command.EVENTS]) + args))

    def ask_info(self, now: float) -> None:
        """What it is, and the names of its classes."""
        if now - self._asked_info >= ASK_S:
            self._asked_info = now
            self.send(Frame(Type.COMMAND, payload=bytes([Command.GET_INFO])))

    def told(self) -> dict[str, Any]:
        """What a person is shown."""
        return self.about | {"via": self.via, "seen": round(self.seen_s), "lost": self.lost, "boot": self.boot}

    def happened_us(self, device_us: int, received_us: int) -> int:
        return self._clock.unix_us(device_us, received_us)

    def heard(self) -> Heard:
        """To be committed with the events up to `next`."""
        return Heard(self.name, self.boot or 0, STREAM, self.next, self.counter)


class Intake:
    """`give(node, event)` takes an event and says whether there was room for it.

    `known` and `about` are what was committed and told of nodes before a restart of the gateway.
    """

    def __init__(self, known: list[Heard], about: dict[str, dict], give: Callable[[Node, Event], bool]) -> None:
        self.nodes: dict[str, Node] = {}
        self._known = {(one.node, one.boot): one for one in known}
        self._newest = {one.node: one for one in known}
        self._give, self._about = give, about
        self.watchers: list[Callable[[Node, Arrival], None]] = []
        self.begun: list[Callable[[Heard], None]] = []  # hear of a run that is new, and where in it we met the node

    def add(self, node: Node) -> Node:
        """Known from now on; what it sent before a restart of the gateway is old."""
        self.nodes[node.name] = node
        node.about = dict(self._about.get(node.name, {}))
        node.labels = tuple(node.about.get("labels", ()))
        if before := self._newest.get(node.name):
            node.fresh = Fresh(before.boot, before.counter)
        return node

    def names(self) -> list[str]:
        """All nodes, also those that were heard before a restart only."""
        return [*self.nodes, *(name for name in self._about if name not in self.nodes)]

    def datagram(self, node: Node, datagram: Datagram) -> bool:
        """One whose code was right; False when it was sent before."""
        if not node.fresh.takes(datagram.boot, datagram.counter):
            return False
        if datagram.boot != node.boot:
            node.session = Session()
        self.named(node, datagram.boot, datagram.first)
        node.counter = max(node.counter, datagram.counter)
        self.frame(node, datagram.frame)
        return True

    def named(self, node: Node, boot: int, first: int) -> None:
        """Which run of the node this is, and the oldest event that it keeps."""
        if boot == node.run:  # it goes on, also where its name was asked for again
            node.boot = boot
            return node.skip_to(first)
        known = self._known.get((node.name, boot))
        node.begin(boot, first, known)
        if known is None:
            for hear in self.begun:
                hear(node.heard())

    def frame(self, node: Node, frame: Frame) -> None:
        """Whatever a node says."""
        node.seen_s = time.time()
        for hear in node.taps[:]:  # it may be enough for one of them
            hear(frame)
        if (arrival := node.session.take(frame)) is not None:
            self._arrival(node, arrival)

    def _arrival(self, node: Node, arrival: Arrival) -> None:
        message = arrival.message
        for watch in self.watchers:
            watch(node, arrival)
        if isinstance(message, Detection):
            self._event(node, arrival, message)
        elif isinstance(message, Info):
            node.labels = message.labels
            self._told(
                node,
                labels=message.labels,
                app=message.app,
                board=message.board,
                version=_version(message),
                fault=message.fault,
            )
        elif isinstance(message, Telemetry):
            self._told(node, battery_mv=message.battery_mv or None, windows=message.windows, missed=message.missed)
            if message.health is not None:
                self._told(node, health=list(message.health.reasons))
        elif isinstance(message, Health):
            self._told(node, health=list(message.reasons))

    def _told(self, node: Node, **told: object) -> None:
        node.about.update(told)
        node.unsaved = True

    def _event(self, node: Node, arrival: Arrival, event: Detection) -> None:
        if node.boot is None:
            return  # it is kept there until its run has a name
        if not node.keeps and not node.next:
            node.next = arrival.sequence  # of older firmware, which we met when it had been running for a while
        ahead = (arrival.sequence - node.next) % 2**16
        if ahead >= 2**15:
            node.repeated += 1
            if node.committed == node.next:
                node.acknowledge()
            return
        if ahead and node.keeps:
            node.ask_again(time.monotonic())
            return
        node.lost += ahead
        received_us = time.time_ns() // 1000
        happened_us = min(received_us, node.happened_us(arrival.time_us, received_us))
        sequence = node.next + ahead
        body = self._body(node, arrival, event)
        made = Event(node.name, node.boot, STREAM, sequence, received_us, happened_us, body)
        if not node.labels:
            node.ask_info(time.monotonic())
        before, node.next = node.next, sequence + 1
        if not self._give(node, made):
            node.next = before  # not taken: the node sends it again
            return
        self._told(node, last=_label(node, event), score=event.score, at=happened_us // 1_000_000)

    def _body(self, node: Node, arrival: Arrival, event: Detection) -> str:
        said = {
            "app": node.about.get("app", ""),
            "label": _label(node, event),
            "class": event.class_id,
            "score": event.score,
            "window": event.window,
            "latency_us": event.latency_us,
            "device_us": arrival.time_us,
        }
        return json.dumps(said, separators=(",", ":"))


def _version(info: Info) -> str:
    """What runs: the image that was given in the field, else the model of the firmware."""
    if info.update and info.update.version:
        return info.update.version
    return info.model.hash if info.model else info.build


def _label(node: Node, event: Detection) -> str:
    labels = node.labels
    return labels[event.class_id] if event.class_id < len(labels) else f"class {event.class_id}"
