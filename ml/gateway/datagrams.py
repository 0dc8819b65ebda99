"""Datagrams of nodes, whichever way they came: by UDP, or in messages of a broker. Nothing in them is trusted before
their code has been checked."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

from ml.gateway import keys
from ml.gateway.config import Nodes
from ml.gateway.counted import Counted
from ml.gateway.intake import Intake, Node
from ml.gateway.keys import NodeKey
from ml.gateway.limits import Limits
from ml.link.datagram import DOWN, UP, Datagram, opened, seal, sender
from ml.link.frames import Frame

Answer = Callable[[bytes], None]


class Way:
    """Back to a node: where its last datagram came from that its key had made."""

    __slots__ = ("_counter", "_key", "answer", "node")

    def __init__(self, key: NodeKey, node: Node | None = None) -> None:
        self._key, self.node = key, node
        self.answer: Answer | None = None
        self._counter = time.time_ns() // 10**6 % 2**32  # beyond those before a restart

    def __call__(self, frame: Frame) -> None:
        if self.answer is None or self.node is None or self.node.boot is None:
            return
        self._counter = (self._counter + 1) % 2**32
        self.answer(seal(Datagram(DOWN, self._key.node, self.node.boot, self._counter, 0, frame), self._key.key))


class Datagrams:
    """`take` is for bytes from anybody."""

    def __init__(self, nodes: Nodes, intake: Intake, counted: Counted) -> None:
        self._keys = keys.read(nodes.keys)
        self._intake = intake
        self._by_source, self._by_node = (Limits(nodes.rate, nodes.burst) for _ in range(2))
        self._ways: dict[int, Way] = {}
        fates = ("taken", "malformed", "unknown", "too many", "forged", "old")
        self._count = {fate: counted.datagrams.labels(fate).inc for fate in fates}

    def take(self, data: bytes, source: Hashable, answer: Answer) -> str:
        """What became of it. `source`: whoever floods from there harms nobody else."""
        fate = self._take(data, source, answer)
        self._count[fate]()
        return fate

    def _take(self, data: bytes, source: Hashable, answer: Answer) -> str:
        claimed = sender(data)
        if claimed is None:
            return "malformed"
        key = self._keys.get(claimed)
        if key is None:
            return "unknown"
        now = time.monotonic()
        if not self._by_source.takes((source, claimed), now):
            return "too many"
        datagram = opened(data, key.key, UP)
        if datagram is None:
            return "forged"
        return self._give(datagram, key, answer) if self._by_node.takes(claimed, now) else "too many"

    def _give(self, datagram: Datagram, key: NodeKey, answer: Answer) -> str:
        way = self._ways.get(key.node) or self._meet(key)
        before, way.answer = way.answer, answer
        assert way.node is not None
        if not self._intake.datagram(way.node, datagram):
            way.answer = before  # whoever repeats a datagram gets no answers
            return "old"
        return "taken"

    def _meet(self, key: NodeKey) -> Way:
        way = self._ways[key.node] = Way(key)
        way.node = self._intake.add(Node(key.name, "datagrams", way))
        return way
