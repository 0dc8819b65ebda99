"""Hands on what is committed, in order, and goes on from there after a restart."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Protocol

from ml.gateway.counted import Counted
from ml.gateway.outbox import Event, FullError
from ml.gateway.writer import Store
from ml.progress import say

Rows = list[tuple[int, Event]]
FIRST_S, LONGEST_S = 0.5, 30.0  # until a batch that was not taken is tried again


class AwayError(Exception):
    """The other side did not take a batch; the reason, in a line."""


class Output(Protocol):
    """Something that takes events. `send` returns when they are taken, whole and in order, or raises AwayError."""

    name: str
    batch: int

    async def send(self, rows: Rows) -> None: ...

    async def close(self) -> None: ...


class Handing:
    """One output's way through the outbox."""

    def __init__(self, output: Output, store: Store, counted: Counted, keep_s: float) -> None:
        self._output, self._store, self._counted, self._keep_s = output, store, counted, keep_s
        self.name = output.name
        self.more = asyncio.Event()
        self.problem = ""  # why the last batch was not taken

    async def run(self) -> None:
        """Until it is cancelled."""
        outbox, output = self._store.outbox, self._output
        passed, wait_s = await self._store.call(outbox.passed, output.name), FIRST_S
        while True:
            self.more.clear()
            rows = await self._store.call(outbox.after, passed, output.batch)
            if not rows:
                await self.more.wait()
                continue
            try:
                await output.send(rows)
            except AwayError as error:
                self._away(str(error))
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, LONGEST_S)
                continue
            self._there(len(rows))
            passed, wait_s = rows[-1][0], FIRST_S
            since_us = int((time.time() - self._keep_s) * 1e6)
            with contextlib.suppress(FullError):  # then it is handed on once more after a restart
                await self._store.call(outbox.pass_on, output.name, passed, since_us)

    def _away(self, reason: str) -> None:
        if not self.problem:
            say(f"{self._output.name}: {reason}; events are kept until it takes them")
        self.problem = reason
        self._counted.failed.labels(self._output.name).inc()

    def _there(self, count: int) -> None:
        if self.problem:
            say(f"{self._output.name}: takes events again")
        self.problem = ""
        self._counted.handed_on.labels(self._output.name).inc(count)


def as_json(number: int, event: Event, gateway: str) -> str:
    """An event as outputs tell it: one JSON object. `number` rises by one with each event of this gateway."""
    head = (
        f'{{"gateway":"{gateway}","number":{number},"node":"{event.node}","boot":{event.boot},'
        f'"stream":{event.stream},"sequence":{event.sequence},"happened":{event.happened_us / 1e6:.6f},'
        f'"received":{event.received_us / 1e6:.6f}'
    )
    return f"{head},{event.body[1:]}" if len(event.body) > 2 else head + "}"
