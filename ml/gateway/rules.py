"""Rules over several nodes, by the time at which things happened on the nodes, not by when the news came.

An event that is late is waited for, `late_s`; then what has happened up to that moment is looked at in its order. What
fires is an event of the node `rule.NAME`, with what it was made of.
"""

from __future__ import annotations

import asyncio
import json
import math
import time
from bisect import insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ml.gateway.config import Rule, matches
from ml.gateway.outbox import Event, Heard

LOOK_S = 0.2
US = 1_000_000
SCORES = 256
MOST_NAMED = 20


@dataclass(frozen=True, slots=True, order=True)
class Told:
    """What a rule looks at of an event."""

    happened_us: int
    node: str
    label: str
    score: int

    @classmethod
    def of(cls, event: Event) -> Told:
        said = json.loads(event.body)
        if "label" in said.get("second", {}):  # where a larger model was asked, its answer counts
            said = said["second"]
        return cls(event.happened_us, event.node, said.get("label", ""), said.get("score", 0))


class Watch:
    """One rule. `hear` in any order, then `look`: what it fires for, each with the moment at which it is true."""

    def __init__(self, rule: Rule, began_us: int, fired_us: int = 0) -> None:
        self.rule = rule
        self._fired_us = fired_us  # what lies before has been told
        self._waiting: list[Told] = []
        self._window: list[Told] = []
        self._last_us, self._quiet = began_us, False

    def hear(self, told: Told) -> None:
        rule = self.rule
        wanted = not rule.labels or told.label in rule.labels
        if wanted and told.happened_us > self._fired_us and matches(told.node, rule.nodes):
            insort(self._waiting, told)

    def look(self, now_us: int) -> list[tuple[int, list[Told]]]:
        """`now_us` never goes back."""
        due_us = now_us - int(self.rule.late_s * US)
        count = next((at for at, told in enumerate(self._waiting) if told.happened_us > due_us), len(self._waiting))
        due, self._waiting = self._waiting[:count], self._waiting[count:]
        if self.rule.kind == "quiet":
            return self._look_quiet(due, due_us)
        return [(told.happened_us, made) for told in due if (made := self._add(told))]

    def _look_quiet(self, due: list[Told], due_us: int) -> list[tuple[int, list[Told]]]:
        """Once for each silence; it may have ended again."""
        fired = []
        for at_us in [*(told.happened_us for told in due), None]:
            end_us = self._last_us + int(self.rule.within_s * US)
            if not self._quiet and end_us <= (due_us if at_us is None else at_us) and end_us > self._fired_us:
                fired.append((end_us, []))
                self._quiet = True
            if at_us is not None:
                self._last_us, self._quiet = max(self._last_us, at_us), False
        return fired

    def _add(self, told: Told) -> list[Told]:
        """The decisions that fire the rule together, the best of each node; [] where it does not."""
        since_us = told.happened_us - int(self.rule.within_s * US)
        self._window = [one for one in self._window if one.happened_us >= since_us] + [told]
        best: dict[str, Told] = {}
        for one in self._window:
            if one.node not in best or one.score > best[one.node].score:
                best[one.node] = one
        made = list(best.values())
        if len(made) < self.rule.least or (self.rule.kind == "fuse" and fused(made) < self.rule.score):
            return []
        self._window = []
        return made


def fused(made: Iterable[Told]) -> float:
    """That at least one of several independent decisions is right, their scores taken for probabilities."""
    return 1 - math.prod(1 - one.score / SCORES for one in made)


class Rules:
    """`give` is the writer's. `began_us`: since when silence is counted."""

    def __init__(
        self, rules: tuple[Rule, ...], known: list[Heard], give: Callable[[None, Event], bool], began_us: int
    ) -> None:
        self._give = give
        self._next = {one.node: one.next for one in known}
        self._rules, self._began_us = rules, began_us
        self._watches = [Watch(rule, began_us) for rule in rules]
        self._pending: list[Event] = []
        self.fired: Callable[[str], None] = lambda name: None
        self.unheard: Callable[[Rule], list[str]] = lambda rule: []  # nodes that say nothing at all

    def go_on(self, kept: list[Event]) -> None:
        """After a restart: what is still in the outbox; what was told already is not told again."""
        fired = {event.node: event.happened_us for event in kept if event.node.startswith("rule.")}
        self._watches = [Watch(rule, self._began_us, fired.get(f"rule.{rule.name}", 0)) for rule in self._rules]
        self.hear(kept)

    def hear(self, events: list[Event]) -> None:
        """What was committed."""
        for event in events:
            if not event.node.startswith("rule."):
                told = Told.of(event)
                for watch in self._watches:
                    watch.hear(told)

    def look(self, now_us: int) -> None:
        for watch in self._watches:
            for at_us, made in watch.look(now_us):
                self._pending.append(self._event(watch.rule, at_us, made, now_us))
                self.fired(watch.rule.name)
        while self._pending and self._give(None, self._pending[0]):
            self._pending.pop(0)

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await asyncio.sleep(LOOK_S)
            self.look(time.time_ns() // 1000)

    def _event(self, rule: Rule, at_us: int, made: list[Told], now_us: int) -> Event:
        node = f"rule.{rule.name}"
        sequence = self._next.get(node, 0)
        self._next[node] = sequence + 1
        said: dict[str, object] = {"label": rule.name, "rule": rule.kind}
        if made:
            said["of"] = {one.node: one.label for one in made}
            said["score"] = round(fused(made), 4)
        elif unheard := self.unheard(rule):
            said["unheard"] = unheard[:MOST_NAMED]  # they may be dead, not quiet
        return Event(node, 0, 0, sequence, now_us, at_us, json.dumps(said, separators=(",", ":")))
