"""Datagrams that no key made, that are old, or that were changed on the way; through the gateway's own reader."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from ml.gateway import keys
from ml.gateway.config import Nodes
from ml.gateway.counted import Counted
from ml.gateway.datagrams import Datagrams
from ml.gateway.intake import Intake, Node
from ml.gateway.keys import NodeKey
from ml.gateway.outbox import Event
from ml.link.datagram import CODE, DOWN, HEAD, KEY, MOST, UP, Datagram, seal
from ml.link.frames import Frame
from ml.link.messages import Event as Detection
from ml.link.messages import Type

NODES = 50
UNLIMITED = 1e6


class Attacker:
    """It has seen every datagram of the nodes, and has no key."""

    def __init__(self, known: list[NodeKey], chance: Random) -> None:
        self._keys, self._chance = known, chance
        self._counter = 0
        self.seen: list[bytes] = []

    def honest(self) -> bytes:
        """A node's own, which it sees."""
        key, self._counter = self._chance.choice(self._keys), self._counter + 1
        payload = Detection.LAYOUT.pack(0, 200, self._counter, 0, 0, 0, 0, 0)
        frame = Frame(Type.EVENT, 0, self._counter % 2**16, self._counter, payload)
        data = seal(Datagram(UP, key.node, 1, self._counter, self._counter % 2**16, frame), key.key)
        self.seen.append(data)
        return data

    def attack(self) -> tuple[str, bytes]:
        """What it tries, and its bytes."""
        tries: tuple[Callable[[], bytes], ...] = (
            self._replayed, self._bit, self._counted_up, self._of_another, self._cut, self._strangers, self._turned,
            self._noise, self._grown,
        )  # fmt: skip
        tried = self._chance.choice(tries)
        return tried.__name__.strip("_").replace("_", " "), tried()

    def _old(self) -> bytes:
        return self._chance.choice(self.seen)

    def _replayed(self) -> bytes:
        return self._old()

    def _bit(self) -> bytes:
        data = bytearray(self._old())
        data[self._chance.randrange(len(data))] ^= 1 << self._chance.randrange(8)
        return bytes(data)

    def _counted_up(self) -> bytes:
        """Boot or counter of an old one raised."""
        data = bytearray(self._old())
        at = self._chance.choice((5, 9))
        data[at : at + 4] = self._chance.randbytes(4)
        return bytes(data)

    def _of_another(self) -> bytes:
        data = self._old()
        other = (int.from_bytes(data[1:5], "little") + 1) % NODES
        return data[:1] + other.to_bytes(4, "little") + data[5:]

    def _cut(self) -> bytes:
        data = self._old()
        return data[: self._chance.randrange(len(data))]

    def _strangers(self) -> bytes:
        """With a key of its own."""
        frame = Frame(Type.EVENT, 0, 0, 0, Detection.LAYOUT.pack(0, 255, 0, 0, 0, 0, 0, 0))
        node = self._chance.randrange(NODES)
        return seal(Datagram(UP, node, 2, 1, 0, frame), self._chance.randbytes(KEY))

    def _turned(self) -> bytes:
        """What the gateway would send, sent back to it."""
        data = self._old()
        return bytes([DOWN]) + data[1:]

    def _noise(self) -> bytes:
        return bytes([UP]) + self._chance.randbytes(self._chance.randrange(HEAD.size, 80))

    def _grown(self) -> bytes:
        data = self._old()
        return data[:-CODE] + self._chance.randbytes(self._chance.randrange(1, MOST)) + data[-CODE:]


def forge(count: int, seed: int) -> tuple[Counter[str], int]:
    """So many attacks, an honest datagram among ten: what became of the attacks, and how many were taken."""
    chance, events = Random(seed), []
    known = [NodeKey(node, os.urandom(KEY), f"n{node}") for node in range(NODES)]

    def give(node: Node | None, event: Event) -> bool:
        events.append((event.node, event.sequence))
        return True

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "nodes.keys"
        keys.write(path, known)
        reader = Datagrams(Nodes(path, UNLIMITED, int(UNLIMITED)), Intake([], {}, give), Counted())
    attacker, fates, honest = Attacker(known, chance), Counter(), 0
    for number in range(count):
        if number % 10 == 0:
            honest += reader.take(attacker.honest(), "node", lambda data: None) == "taken"
        tried, data = attacker.attack()
        fates[f"{tried}: {reader.take(data, 'attacker', lambda answer: None)}"] += 1
    taken = sum(number for fate, number in fates.items() if fate.endswith(": taken"))
    if honest != -(-count // 10) or len(events) != honest or len(set(events)) != honest:
        raise AssertionError(f"{honest} honest datagrams were taken, {len(events)} events came of them")
    return fates, taken
