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
PASS_S = 0.1  # at most, until it is written down what was handed on: each time costs a commit that events wait for
END_S = 5.0  # at most, until a gateway that ends has the answer to what is on its way


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
        self._passed = self._noted = 0

    async def run(self) -> None:
        """Until it is cancelled."""
        self._passed = self._noted = await self._store.call(self._store.outbox.passed, self.name)
        try:
            await self._hand_on()
        finally:
            await self._note()

    async def _hand_on(self) -> None:
        noted_s, wait_s = 0.0, FIRST_S
        while True:
            self.more.clear()
            rows = await self._store.call(self._store.outbox.after, self._passed, self._output.batch)
            if time.monotonic() - noted_s >= PASS_S:
                await self._note()
                noted_s = time.monotonic()
            if not rows:
                await self._wait_for_more()
                continue
            try:
                await self._send(rows)
            except AwayError as error:
                self._away(str(error))
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, LONGEST_S)
                continue
            self._there(len(rows))
            wait_s = FIRST_S

    async def _send(self, rows: Rows) -> None:
        """A batch that is on its way when the gateway ends is waited for: was it taken, or will it be sent again?"""
        sending = asyncio.ensure_future(self._output.send(rows))
        try:
            await asyncio.shield(sending)
        except asyncio.CancelledError:
            with contextlib.suppress(AwayError, TimeoutError):
                await asyncio.wait_for(sending, END_S)
                self._passed = rows[-1][0]
            raise
        self._passed = rows[-1][0]

    async def _wait_for_more(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(None if self._passed == self._noted else PASS_S):
                await self.more.wait()

    async def _note(self) -> None:
        """What has been handed on is not handed on again after a restart."""
        if self._passed == self._noted:
            return
        passed, since_us = self._passed, int((time.time() - self._keep_s) * 1e6)
        with contextlib.suppress(FullError):  # then it is, once more
            await self._store.call(self._store.outbox.pass_on, self.name, passed, since_us)
            self._noted = passed

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
