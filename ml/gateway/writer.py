"""Commits what came in, in batches, and acknowledges it then."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from ml.gateway.counted import Counted
from ml.gateway.intake import Node
from ml.gateway.outbox import Event, FullError, Heard, Outbox
from ml.progress import say

T = TypeVar("T")
EVERY_S = 0.05  # a commit to the disk takes 6 ms
MOST_WAITING = 20_000  # events in memory; beyond that nodes keep theirs
BATCH = 5_000
FULL_S = 1.0  # until a full disk is tried again
SAVE_S, SAVE_PAUSE_S = 5.0, 0.02  # what the page tells of nodes, and between some of them and the next


class Store:
    """The outbox, which one thread of its own uses."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self._thread = ThreadPoolExecutor(1, "outbox")

    async def call(self, function: Callable[..., T], *arguments: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, function, *arguments)

    def close(self) -> None:
        self._thread.shutdown(wait=True)
        self.outbox.close()


class Writer:
    """`give` is the intake's; `committed` hears of each batch, in the order in which outputs get it."""

    def __init__(self, store: Store, counted: Counted) -> None:
        self.committed: list[Callable[[list[Event]], None]] = []
        self._store, self._counted = store, counted
        self._waiting: list[tuple[Node | None, Event]] = []
        self._more = asyncio.Event()
        self._runs: dict[str, int] = {}  # node -> boot
        self._begun: list[Heard] = []
        self.full = ""  # why nothing can be stored

    def give(self, node: Node | None, event: Event) -> bool:
        """False where there is no room: the node keeps it."""
        if len(self._waiting) >= MOST_WAITING:
            self._counted.refused.inc()
            return False
        self._waiting.append((node, event))
        self._more.set()
        return True

    def begun(self, heard: Heard) -> None:
        """A node has begun a run. It is remembered before the run's first event: what the node then has to forget is
        counted as lost, also when the gateway has been started again in between."""
        self._begun.append(heard)
        self._more.set()

    async def run(self) -> None:
        """Until it is cancelled: events that wait are then still on their nodes, and which runs there are is stored."""
        try:
            while True:
                await self._more.wait()
                await asyncio.sleep(EVERY_S)
                self._more.clear()
                while self._waiting or self._begun:
                    await self.flush()
        finally:
            with contextlib.suppress(FullError):
                await self._store.call(self._store.outbox.store, [], self._begun, time.time_ns() // 1000)

    async def flush(self) -> None:
        """A batch, or a pause where the disk is full."""
        batch = self._waiting[:BATCH]
        events = [event for _, event in batch]
        begun, self._begun = self._begun, []
        heard = [*begun, *_heard(batch)]  # the later of a run counts
        try:
            await self._store.call(self._store.outbox.store, events, heard, time.time_ns() // 1000)
        except FullError as error:
            self._begun = [*begun, *self._begun]
            self._refuse(str(error))
            await asyncio.sleep(FULL_S)
            return
        del self._waiting[: len(batch)]
        if self.full:
            say(f"{self._store.outbox.path}: events are stored again")
            self.full = ""
            self._counted.full.set(0)
        await self._forget(heard)
        self._tell(batch, events)

    def _refuse(self, reason: str) -> None:
        if not self.full:
            path = self._store.outbox.path
            say(f"{path}: expected room for events, found: {reason}. Nothing is acknowledged until there is room")
        self.full = reason
        self._counted.full.set(1)

    async def _forget(self, heard: list[Heard]) -> None:
        """A node that has started again and again is remembered for its last runs only."""
        for one in heard:
            if self._runs.setdefault(one.node, one.boot) != one.boot:
                self._runs[one.node] = one.boot
                await self._store.call(self._store.outbox.forget_boots, one.node)

    def _tell(self, batch: list[tuple[Node | None, Event]], events: list[Event]) -> None:
        now_us = time.time_ns() // 1000
        done: dict[str, Node] = {}
        for node, event in batch:
            self._counted.delay.observe((now_us - event.received_us) / 1e6)
            if node is not None and node.run == event.boot:
                node.stored(event.sequence)
                done[node.name] = node
        for node in done.values():
            node.acknowledge()
        self._counted.stored.inc(len(events))
        for hear in self.committed:
            hear(events)


def _heard(batch: list[tuple[Node | None, Event]]) -> list[Heard]:
    """Of each node's run what the batch ends with."""
    last: dict[tuple[str, int, int], Heard] = {}
    for node, event in batch:
        counter = node.counter if node is not None and node.run == event.boot else 0
        last[event.node, event.boot, event.stream] = Heard(
            event.node, event.boot, event.stream, event.sequence + 1, counter
        )
    return list(last.values())
