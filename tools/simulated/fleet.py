"""A fleet of nodes in one loop: they tell events, hear answers, and send again."""

from __future__ import annotations

import heapq
import select
import socket
import time
from collections.abc import Callable, Iterator
from itertools import count

from ml.gateway.keys import NodeKey
from ml.link.datagram import MOST
from tools.simulated.apps import APPS, app_of
from tools.simulated.nodes import Node, Weather

SOCKETS = 8
BUFFER = 4 << 20
TICK_S = 0.005
UNHURRIED_S = 35.0  # from burst to burst; where it is less, all goes faster
LOOK_S = 0.5  # between looks at what is to be sent again


class Fleet:
    """`rate`: events a second of all nodes together. The first node also floods, `flood` datagrams a second.

    `ports`: of UDP on this computer, which the nodes use in turn.
    """

    def __init__(self, keys: list[NodeKey], rate: float, ports: list[int], weather: Weather, flood: float = 0) -> None:
        self._sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(SOCKETS)]
        for number, one in enumerate(self._sockets):
            one.setblocking(False)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
            one.connect(("127.0.0.1", ports[number % len(ports)]))
        self._flooding = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._flooding.connect(("127.0.0.1", ports[0]))
        began, mean = time.monotonic(), sum(app.share * app.burst for app in APPS)
        cycle_s = len(keys) * mean / rate
        hurry = min(1.0, cycle_s / UNHURRIED_S)
        boot = int(time.time())
        self.nodes = [Node(one.node, one.key, app_of(one.node), weather, began, boot, (cycle_s, hurry)) for one in keys]
        self._by_number = {node.number: node for node in self.nodes}
        self._order = count()
        self._due = [(node.first_s(), next(self._order), node) for node in self.nodes]
        heapq.heapify(self._due)
        self._flood, self._flooded, self._looked = flood, 0, 0.0
        self.sent = 0

    def run(self, seconds: float, quiet: bool = False) -> Iterator[float]:
        """Yields the time once a second or so; `quiet`: nothing new happens, what is kept is sent again."""
        end, told = time.monotonic() + seconds, 0.0
        while (now := time.monotonic()) < end:
            if not quiet:
                self._happen(now)
            self._listen(TICK_S)
            self._look(now)
            if now - told >= 1:
                told = now
                yield now

    def settle(self, seconds: float, done: Callable[[], bool] = lambda: False) -> bool:
        """Nothing new happens until all is acknowledged; False when it takes longer."""
        return any(done() or not self.waiting for _ in self.run(seconds, quiet=True))

    @property
    def waiting(self) -> int:
        """Events that are not acknowledged."""
        return sum(node.waiting for node in self.nodes)

    @property
    def events(self) -> int:
        return sum(node.sequence for node in self.nodes)

    @property
    def forgotten(self) -> int:
        """Events that nodes had no room for before they were acknowledged."""
        return sum(len(node.forgotten) for node in self.nodes)

    def close(self) -> None:
        for one in [*self._sockets, self._flooding]:
            one.close()

    def _happen(self, now: float) -> None:
        while self._due[0][0] <= now:
            due_s, _, node = heapq.heappop(self._due)
            sent, next_s = node.happens(now)
            heapq.heappush(self._due, (max(next_s, due_s), next(self._order), node))
            self._send(node, sent)
        node = self.nodes[0]
        wanted = int((now - node.started_s) * self._flood)
        for _ in range(min(wanted - self._flooded, 1000)):
            self._emit(self._flooding, node.flood(now))
        self._flooded = wanted

    def _send(self, node: Node, sent: list[bytes]) -> None:
        for data in sent:
            self._emit(self._sockets[node.number % SOCKETS], data)

    def _emit(self, out: socket.socket, data: bytes) -> None:
        try:
            out.send(data)
            self.sent += 1
        except OSError:  # nobody listens now
            return

    def _listen(self, seconds: float) -> None:
        for one in select.select(self._sockets, [], [], seconds)[0]:
            for _ in range(256):
                try:
                    data = one.recv(MOST + 1)
                except OSError:
                    break
                node = self._by_number.get(int.from_bytes(data[1:5], "little"))
                if node is not None:
                    self._send(node, node.hears(data, time.monotonic()))

    def _look(self, now: float) -> None:
        if now - self._looked < LOOK_S:
            return
        self._looked = now
        for node in self.nodes:
            self._send(node, node.again(now))
