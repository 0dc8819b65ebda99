"""A gateway: its parts, started and ended together."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING

import prometheus_client

from ml.errors import UserError
from ml.gateway.boards import BoardInput
from ml.gateway.broker import Publishing, Subscribed
from ml.gateway.config import Config, Rule, matches
from ml.gateway.counted import Counted
from ml.gateway.datagrams import Datagrams
from ml.gateway.intake import Intake, Node
from ml.gateway.learning import Learning
from ml.gateway.lessons import Lessons
from ml.gateway.outbox import FullError, Outbox
from ml.gateway.outputs import Handing, Output
from ml.gateway.plans import Plans
from ml.gateway.posting import Posting
from ml.gateway.rollout import Rollouts
from ml.gateway.rules import Rules
from ml.gateway.thresholds import Thresholds
from ml.gateway.udp import UdpInput
from ml.gateway.writer import SAVE_PAUSE_S, SAVE_S, Store, Writer

if TYPE_CHECKING:
    from ml.gateway.cascade import Cascade
    from ml.gateway.page import Page

QUIET_S = 300.0  # without a word, after which a node counts as silent
AT_ONCE = 100  # nodes that are saved, before something else has its turn


class Gateway:
    """`async with Gateway(config) as gateway: await gateway.run()`."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.counted = Counted()
        outputs: list[Output] = [Publishing(config.to_broker, config.name)] if config.to_broker else []
        outputs += [Posting(config.post, config.name)] if config.post else []
        self.store = Store(Outbox(config.store, config.most_mb, [one.name for one in outputs]))
        self.writer = Writer(self.store, self.counted)
        self.about = {node: json.loads(told) for node, told in self.store.outbox.about().items()}
        self.cascade = self._cascade()
        give = self.cascade.give if self.cascade else self.writer.give
        self.intake = Intake(self.store.outbox.heard(), self.about, give)
        self.intake.begun.append(self.writer.begun)
        if self.cascade:
            self.thresholds = Thresholds(config.seconds)
            self.intake.watchers.append(self.thresholds.hear)
        rules = config.patient_rules
        near = [2 * (one.within_s + one.late_s) for one in rules if one.kind != "quiet"]
        keep_s = max(near, default=0.0)  # events that a rule may need after a restart
        now_us = time.time_ns() // 1000
        self.rules = Rules(rules, self.store.outbox.heard(), self.writer.give, now_us)
        self.rules.go_on(self.store.outbox.since(now_us - int(keep_s * 1e6)) if near else [])
        self.rules.unheard = self._unheard
        self.rules.fired = lambda name: self.counted.rules.labels(name).inc()
        self.handing = [Handing(one, self.store, self.counted, keep_s) for one in outputs]
        self.rollouts = Rollouts(Plans(config.store), self.store, self.intake)
        self.learning = Learning(Lessons(config.store), self.store, self.intake)
        self.writer.committed += [self._wake, self.rules.hear, self.rollouts.hear]
        self._outputs = outputs
        self._closing = contextlib.AsyncExitStack()
        self._frozen = 50  # nodes; fewer are no burden
        self._jobs: list[Callable[[], Coroutine]] = [self.writer.run, self.rules.run, self.rollouts.run, self._save]
        self._jobs += [self.learning.run]
        self._jobs += [self.cascade.run] if self.cascade else []
        self.udp: UdpInput | None = None
        self.page: Page | None = None

    async def __aenter__(self) -> Gateway:
        """Everything listens, or nothing does."""
        try:
            self._closing.callback(self.store.close)
            self._closing.callback(self.rollouts.close)
            if self.cascade:
                self._closing.callback(self.cascade.close)
            self._closing.callback(self.learning.close)
            for output in self._outputs:
                self._closing.push_async_callback(output.close)
            self._listen()
            self._measure()
            self._show()
        except BaseException:
            await self._closing.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._closing.aclose()

    async def run(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for job in [*self._jobs, *(one.run for one in self.handing)]:
                tasks.create_task(job())

    def _listen(self) -> None:
        config = self.config
        for board in config.boards:
            self._closing.push_async_callback(BoardInput(board, self.intake).close)
        if config.nodes is None:
            return
        datagrams = Datagrams(config.nodes, self.intake, self.counted)
        if config.udp:
            self.udp = UdpInput(config.udp, datagrams)
            self._closing.callback(self.udp.close)
        if config.from_broker:
            self._jobs.append(Subscribed(config.from_broker, datagrams, config.name).run)

    def described(self) -> list[str]:
        """What it does now, for a person."""
        config, inputs = self.config, [f"board {one.name} on {one.port}" for one in self.config.boards]
        inputs += [f"UDP on {config.udp[0]}:{self.udp.port}"] if config.udp and self.udp else []
        inputs += [f"broker {config.from_broker.broker.host}"] if config.from_broker else []
        lines = [f"{config.name}: from {', '.join(inputs)} to {', '.join(one.name for one in self._outputs)}"]
        if config.metrics:
            lines.append(f"metrics: http://{config.metrics[0]}:{config.metrics[1]}/metrics")
        lines += [f"page: {self.page.address}"] if self.page else []
        return [*lines, f"events are kept in {config.store}; Ctrl-C ends it"]

    def _cascade(self) -> Cascade | None:
        if not self.config.seconds:
            return None
        from ml.gateway.cascade import Cascade  # noqa: PLC0415 - likewise numpy, and what runs models

        return Cascade(self.config.seconds, self.writer.give, self.counted)

    def _show(self) -> None:
        if self.config.page is not None:
            from ml.gateway.page import Page  # noqa: PLC0415 - where it is not asked for it costs no memory

            self.page = Page(self, self.config.page)
            self._closing.callback(self.page.close)
            self._jobs.append(self.page.run)

    def problem_of(self, output: str) -> str:
        """Why it takes nothing now, "" where it does."""
        return next((one.problem for one in self.handing if one.name == output), "")

    def _measure(self) -> None:
        if self.config.metrics is None:
            return
        host, port = self.config.metrics
        try:
            server, thread = prometheus_client.start_http_server(port, host, self.counted.registry)
        except OSError as error:
            raise UserError(f"[metrics] {host}:{port}: expected a free port, found: {error.strerror}") from None
        self._closing.callback(thread.join)
        self._closing.callback(server.server_close)
        self._closing.callback(server.shutdown)

    def _unheard(self, rule: Rule) -> list[str]:
        since_s = time.time() - rule.within_s
        return [name for name, node in self.intake.nodes.items() if node.seen_s < since_s and matches(name, rule.nodes)]

    def _wake(self, _: object) -> None:
        for one in self.handing:
            one.more.set()

    async def _save(self) -> None:
        """What is shown of nodes outlives a restart; the gauges are brought up to date."""
        while True:
            await asyncio.sleep(SAVE_S)
            unsaved = [one for one in self.intake.nodes.values() if one.unsaved]
            for first in range(0, len(unsaved), AT_ONCE):
                await self._save_some(unsaved[first : first + AT_ONCE])
            self._freeze()
            for name, waiting in (await self.store.call(self.store.outbox.waiting)).items():
                self.counted.waiting.labels(name).set(waiting)
            self._gauge()

    async def _save_some(self, nodes: list[Node]) -> None:
        for node in nodes:
            node.unsaved = False
        told = [(node.name, json.dumps(node.told())) for node in nodes]
        with contextlib.suppress(FullError):
            await self.store.call(self.store.outbox.tell_about, told)
        await asyncio.sleep(SAVE_PAUSE_S)

    def _freeze(self) -> None:
        """Nodes stay for good. To look through 10,000 of them takes the collector of garbage 0.2 s, and nothing is
        committed meanwhile: they are taken out of its sight whenever their number has doubled."""
        if len(self.intake.nodes) >= 2 * self._frozen:
            self._frozen = len(self.intake.nodes)
            gc.freeze()

    def _gauge(self) -> None:
        nodes = [node for node in self.intake.nodes.values() if node.seen_s]
        silent = sum(node.seen_s < time.time() - QUIET_S for node in nodes)
        self.counted.nodes.labels("silent").set(silent)
        self.counted.nodes.labels("heard").set(len(nodes) - silent)
        self.counted.lost.set(sum(node.lost for node in nodes))
