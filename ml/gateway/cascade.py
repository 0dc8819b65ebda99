"""A cascade: what a node is unsure of is judged once more, by a larger model here, before it is committed.

The event waits, and those of its node behind it, until the window came and was judged, or for `late_s`; meanwhile the
node keeps it, as it was not acknowledged. So a kill loses nothing, and the order of each node holds. What became of it
is in the event: `second` has the larger model's label and score, or why there are none.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from ml.errors import UserError
from ml.gateway.config import Second
from ml.gateway.counted import Counted
from ml.gateway.intake import Node
from ml.gateway.outbox import Event
from ml.gateway.second import SecondModel, Verdict
from ml.gateway.windows import NoWindowError, RefusedError, Window
from ml.link.frames import Frame
from ml.link.messages import Type
from ml.progress import say

LOOK_S = 0.05
AGAIN_S = 0.3  # until a piece is asked for again
MOST_HELD = 2000  # events that wait here, of all nodes; beyond that they are handed on as they are
LEAST_PAYLOAD = 64  # of a node that has not said its own


@dataclass(slots=True)
class Held:
    """An event that waits. `done`: it may go."""

    event: Event
    done: bool = True
    due: float = 0.0
    second: SecondModel | None = None
    window: Window | None = None
    number: int = 0  # of the last question
    asked: float = 0.0


class Cascade:
    """`give` stands before the writer's, which is given."""

    def __init__(self, seconds: tuple[Second, ...], give: Callable[[Node, Event], bool], counted: Counted) -> None:
        self._seconds = [SecondModel(one) for one in seconds]
        self._give, self._counted = give, counted
        self._held: dict[str, deque[Held]] = {}
        self._nodes: dict[str, Node] = {}
        self._taps: dict[str, Callable[[Frame], None]] = {}
        self._count = self._number = 0
        self._said: dict[str, str] = {}  # node -> the last refusal
        self._thread = ThreadPoolExecutor(1, "second")
        self._judging: set[asyncio.Future] = set()

    def give(self, node: Node, event: Event) -> bool:
        """False where there is no room: the node keeps it."""
        second, waiting = self._for(event), self._held.get(node.name)
        if not waiting and (second is None or self._count >= MOST_HELD):
            return self._give(node, event if second is None else self._missing(event, "too many were asked for"))
        if self._count >= MOST_HELD:
            return False
        held = Held(event)
        if second is not None:
            held = Held(event, False, time.monotonic() + second.settings.late_s, second)
            held.window = Window(event.sequence, second.model, second.size)
        self._hold(node, held)
        return True

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            now = time.monotonic()
            for name in list(self._held):
                self._look(self._nodes[name], now)

    def close(self) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _for(self, event: Event) -> SecondModel | None:
        """The model for what its node was unsure of."""
        said = json.loads(event.body)
        for one in self._seconds:
            low, high = one.settings.between
            if said["app"] == one.settings.app and low <= said["score"] <= high:
                return one
        return None

    def _hold(self, node: Node, held: Held) -> None:
        if node.name not in self._held:
            self._held[node.name], self._nodes[node.name] = deque(), node
            tap = self._taps[node.name] = lambda frame: self._hear(node, frame)
            node.taps.append(tap)
        self._held[node.name].append(held)
        self._count += 1
        self._ask(node, time.monotonic())

    def _asking(self, node: Node) -> Held | None:
        """The event whose window is asked for now: one at a time."""
        return next((one for one in self._held.get(node.name, ()) if not one.done and one.window is not None), None)

    def _ask(self, node: Node, now: float) -> None:
        held = self._asking(node)
        if held is None or held.window is None or node.boot != held.event.boot or now - held.asked < AGAIN_S:
            return
        if not held.asked:
            self._number = self._number % 0xFFFF + 1
            held.number = self._number
        info, held.asked = node.session.info, now
        most = info.max_payload if info else LEAST_PAYLOAD
        node.send(Frame(Type.COMMAND, 0, held.number, 0, held.window.question(most)))

    def _look(self, node: Node, now: float) -> None:
        """What is due goes on without."""
        for held in self._held[node.name]:
            if held.done or held.second is None:
                continue
            if node.boot not in (None, held.event.boot):
                self._finish(held, self._missing(held.event, "the node has started again"))
            elif now >= held.due:
                self._finish(held, self._missing(held.event, f"nothing came within {held.second.settings.late_s:g} s"))
        self._ask(node, now)
        self._release(node)

    def _hear(self, node: Node, frame: Frame) -> None:
        held = self._asking(node)
        if frame.type != Type.REPLY or held is None or held.window is None or frame.sequence != held.number:
            return
        if node.boot != held.event.boot:
            return
        try:
            came = held.window.take(frame.payload)
        except NoWindowError as error:
            refused = isinstance(error, RefusedError)
            if refused:
                self._refuse(node, str(error))
            self._finish(held, self._missing(held.event, str(error), "refused" if refused else "missing"))
            self._next(node)
            return
        if came and held.window.whole:
            self._judge(node, held)
        elif came:
            held.asked = 0.0
            self._ask(node, time.monotonic())

    def _next(self, node: Node) -> None:
        self._release(node)
        self._ask(node, time.monotonic())

    def _judge(self, node: Node, held: Held) -> None:
        assert held.second is not None and held.window is not None
        window, held.window = held.window.content, None
        loop = asyncio.get_running_loop()
        judging = loop.run_in_executor(self._thread, held.second.judge, window)
        self._judging.add(judging)
        judging.add_done_callback(lambda done: self._judged(node, held, done))
        self._ask(node, time.monotonic())

    def _judged(self, node: Node, held: Held, judging: asyncio.Future) -> None:
        self._judging.discard(judging)
        if held.done or judging.cancelled():
            return
        try:
            self._finish(held, self._with(held.event, judging.result()))
        except UserError as error:
            self._refuse(node, str(error))
            self._finish(held, self._missing(held.event, str(error), "refused"))
        self._next(node)

    def _finish(self, held: Held, event: Event) -> None:
        held.event, held.done, held.window = event, True, None

    def _release(self, node: Node) -> None:
        """In their order, as far as there is room."""
        waiting = self._held.get(node.name)
        while waiting and waiting[0].done and self._give(node, waiting[0].event):
            waiting.popleft()
            self._count -= 1
        if waiting is not None and not waiting:
            node.taps.remove(self._taps.pop(node.name))
            del self._held[node.name], self._nodes[node.name]

    def _refuse(self, node: Node, reason: str) -> None:
        """In one line, once."""
        if self._said.get(node.name) != reason:
            self._said[node.name] = reason
            say(f"{node.name}: {reason}")

    def _with(self, event: Event, verdict: Verdict) -> Event:
        agreed = json.loads(event.body)["label"] == verdict.label
        self._counted.second.labels("agreed" if agreed else "overruled").inc()
        return _told(event, {"label": verdict.label, "score": verdict.score, "agreed": agreed})

    def _missing(self, event: Event, reason: str, fate: str = "missing") -> Event:
        self._counted.second.labels(fate).inc()
        return _told(event, {"missing": reason})


def _told(event: Event, second: dict) -> Event:
    said = json.loads(event.body) | {"second": second}
    return replace(event, body=json.dumps(said, separators=(",", ":")))
