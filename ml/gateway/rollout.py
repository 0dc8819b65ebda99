"""Gives a group of nodes another image in stages, and stops by itself when that does harm.

Before the first stage, and behind each one, it looks at the nodes' events for `watch_s`. It stops if too many nodes
have refused or given up the image. It also stops if those with the new image tell more events than the nodes did
before: `rise` times as many, and more than chance explains. That is the conditional test of two Poisson rates
(Przyborowski and Wilenski, Biometrika 1940).
"""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import cast

from ml.errors import UserError
from ml.gateway.intake import Intake, Node
from ml.gateway.outbox import Event
from ml.gateway.plans import DONE, FAILED, SENDING, STOPPED, STUCK, UPDATED, WAITING, Counts, NodeState, Plan, Plans
from ml.gateway.tunnel import Tunnel
from ml.gateway.writer import Store
from ml.progress import say
from ml.update.package import Update, parse

LOOK_S = 1.0
AGAIN_S = 30.0  # until a node that did not answer is tried again
AT_ONCE = 8
CHANCE = 0.01
TRIED = (UPDATED, FAILED)


def risen(counts: Counts, rise: float) -> bool:
    """With the new image more events come than before, beyond chance."""
    if not counts.before_s or not counts.after_s:
        return False
    if counts.after / counts.after_s <= rise * counts.before / counts.before_s:
        return False
    from scipy.stats import binom  # noqa: PLC0415 - a second to import, and only where rates differ

    share = counts.after_s / (counts.before_s + counts.after_s)
    return bool(binom.sf(counts.after - 1, counts.before + counts.after, share) < CHANCE)


def judge(plan: Plan, states: list[NodeState]) -> str:
    """Why a plan must not go on; "": it may."""
    tried = sum(one.state in TRIED for one in states)
    failed = [one for one in states if one.state == FAILED]
    if failed and len(failed) > plan.limits.most_failed * tried:
        return f"{len(failed)} of {tried} nodes have failed, the last: {failed[-1].note}"
    if risen(plan.counts, plan.limits.rise):
        counts = plan.counts
        hourly = [3600 * counts.before / counts.before_s, 3600 * counts.after / counts.after_s]
        return f"events rose from {hourly[0]:.1f} to {hourly[1]:.1f} an hour and node"
    return ""


class Rollouts:
    """Of a gateway; one plan at a time."""

    def __init__(self, plans: Plans, store: Store, intake: Intake) -> None:
        self.plans, self._store, self._intake = plans, store, intake
        self._threads = ThreadPoolExecutor(AT_ONCE, "rollout")
        self._busy: dict[str, asyncio.Task] = {}
        self._moved: dict[str, float] = {}  # when a node got on
        self._counted = 0
        self._mine: frozenset[str] = frozenset()  # whose events are counted
        self._plan: Plan | None = None
        self._closing = threading.Event()

    def hear(self, events: list[Event]) -> None:
        """What was committed."""
        self._counted += sum(event.node in self._mine for event in events)

    async def run(self) -> None:
        """Until it is cancelled; then nodes are left where they are, and the next run goes on."""
        looked = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_S)
            now = time.monotonic()
            await self._look(now - looked)
            looked = now

    async def _look(self, seconds: float) -> None:
        plan = await self._store.call(self.plans.running)
        counted, self._counted = self._counted, 0
        if plan is None:
            self._mine = frozenset()
            return
        states = await self._store.call(self.plans.states, plan.number)
        names = self._intake.names()
        if self._plan is None or self._plan.number != plan.number:
            self._mine, counted = frozenset(), 0
        self._count(plan, counted, seconds)
        self._mine = frozenset(self._watched(plan, states, names))
        self._plan = plan
        await self._step(plan, states, names)
        await self._store.call(self.plans.save, plan)

    def _watched(self, plan: Plan, states: dict[str, NodeState], names: list[str]) -> list[str]:
        if plan.stage == 0:
            return plan.order(names)
        return [name for name, one in states.items() if one.state == UPDATED]

    def _count(self, plan: Plan, events: int, seconds: float) -> None:
        counts = plan.counts
        if plan.stage == 0:
            counts.before += events
            counts.before_s += seconds * len(self._mine)
        else:
            counts.after += events
            counts.after_s += seconds * len(self._mine)

    async def _step(self, plan: Plan, states: dict[str, NodeState], names: list[str]) -> None:
        due = plan.due(names)
        plan.why = judge(plan, list(states.values()))
        if plan.why:
            plan.state = STOPPED
            say(f"rollout {plan.number} stopped: {plan.why}")
            return
        waiting = [name for name in due if (one := states.get(name)) is None or one.state not in TRIED]
        for name in waiting:
            await self._begin(plan, name, states.get(name))
        settled = all((one := states.get(name)) is not None and one.state == STUCK for name in waiting)
        if not settled or (plan.stage and not any(one.state == UPDATED for one in states.values())):
            plan.counts.watched_s = 0.0
            return
        plan.counts.watched_s += LOOK_S
        if plan.counts.watched_s >= plan.limits.watch_s:
            self._next_stage(plan, waiting)

    def _next_stage(self, plan: Plan, stuck: list[str]) -> None:
        plan.counts.watched_s = 0.0
        if plan.stage < len(plan.limits.stages):
            plan.stage += 1
            say(f"rollout {plan.number}: {plan.limits.stages[plan.stage - 1]:g} % of the nodes")
        elif not stuck:
            plan.state = DONE
            say(f"rollout {plan.number} is done")

    async def _begin(self, plan: Plan, name: str, state: NodeState | None) -> None:
        since = time.time() - self._moved.setdefault(f"{plan.number} {name}", time.time())
        if state is not None and state.state != STUCK and since > plan.limits.stuck_s:
            await self._store.call(self.plans.mark, plan.number, name, STUCK, state.note)
        rests = state is not None and state.note and time.time() - state.at < AGAIN_S
        if name in self._busy or len(self._busy) >= AT_ONCE or rests:
            return
        stuck = state is not None and state.state == STUCK
        node = self._intake.nodes.get(name)
        if node is None:
            unheard = "it was not heard since the gateway started"
            return await self._store.call(self.plans.mark, plan.number, name, STUCK if stuck else WAITING, unheard)
        task = self._busy[name] = asyncio.create_task(self._give(plan, node, stuck))
        task.add_done_callback(lambda _: self._busy.pop(name, None))

    async def _give(self, plan: Plan, node: Node, stuck: bool) -> None:
        """Whatever happens becomes the node's state; one that was stuck stays so until it has the image."""
        loop = asyncio.get_running_loop()
        if not stuck:
            await self._store.call(self.plans.mark, plan.number, node.name, SENDING)
        try:
            state, note = await loop.run_in_executor(self._threads, self._install, parse(plan.image), node, loop, plan)
        except UserError as error:
            state, note = FAILED, str(error)
        state = STUCK if stuck and state == WAITING else state
        await self._store.call(self.plans.mark, plan.number, node.name, state, note)

    def _install(self, update: Update, node: Node, loop: asyncio.AbstractEventLoop, plan: Plan) -> tuple[str, str]:
        """In a thread: what became of the node, and why."""
        from ml.link.device import Device, SilenceError  # noqa: PLC0415 - numpy takes 25 MiB
        from ml.link.port import Port  # noqa: PLC0415
        from ml.link.update import Updater  # noqa: PLC0415

        app = node.about.get("app", update.manifest.app)
        if app != update.manifest.app:
            return FAILED, f"expected the application {update.manifest.app}, found {app}"
        with Tunnel(node, loop) as tunnel:
            device = Device(cast(Port, tunnel))
            try:
                _ask(device)
                for step in Updater(device).install(update):
                    if self._closing.is_set():
                        raise UserError("the gateway has ended")
                    self._moved[f"{plan.number} {node.name}"] = time.time()
                    node.about["update"] = f"{step.stage} {step.done}/{step.total}" if step.total else step.stage
            except SilenceError as error:
                return WAITING, str(error)
        return UPDATED, f"{update.manifest.version} (counter {update.manifest.counter})"

    def close(self) -> None:
        """Nodes are left where they are, and the next run of the gateway goes on from there."""
        self._closing.set()
        for task in self._busy.values():
            task.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)
        self.plans.close()


def _ask(device) -> None:
    """SilenceError where the node does not say what it is."""
    from ml.link.device import SilenceError  # noqa: PLC0415

    try:
        device.asked()
    except UserError:
        raise SilenceError(f"{device.port.name}: expected it to say what it is, found silence") from None
