"""What is being rolled out, in the outbox's file: so the gateway goes on after a restart, and the command line can ask.

A plan has an image, nodes, and stages in percent of them. Each node is waiting, sending, done, failed, or stuck.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ml.errors import UserError
from ml.gateway.changing import changing
from ml.gateway.config import matches

RUNNING, STOPPED, DONE = "running", "stopped", "done"
WAITING, SENDING, UPDATED, FAILED, STUCK = "waiting", "sending", "done", "failed", "stuck"
STATES = (UPDATED, SENDING, WAITING, FAILED, STUCK)
SCHEMA = """
CREATE TABLE IF NOT EXISTS plan (
    number INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, image BLOB NOT NULL, nodes TEXT NOT NULL,
    rules TEXT NOT NULL, stage INTEGER NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL, counts TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS plan_node (
    plan INTEGER NOT NULL, node TEXT NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (plan, node)) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Limits:
    """When a plan stops by itself, and how long it looks before each stage."""

    stages: tuple[float, ...] = (1, 10, 100)  # percent of the nodes, rising to 100
    watch_s: float = 3600  # before the first stage, and behind each
    most_failed: float = 0.1  # of the nodes that were tried
    rise: float = 1.5  # events an hour, against those before
    stuck_s: float = 600  # without getting on


@dataclass
class Counts:
    """Events, and seconds times nodes in which they came: before, and with the new image."""

    before: int = 0
    before_s: float = 0.0
    after: int = 0
    after_s: float = 0.0
    watched_s: float = 0.0  # of this stage


@dataclass
class Plan:
    number: int
    title: str
    image: bytes
    nodes: tuple[str, ...]  # patterns
    limits: Limits
    stage: int  # 0: it looks at what is; then the stages from 1 on
    state: str
    why: str
    counts: Counts

    def order(self, names: list[str]) -> list[str]:
        """The nodes that it is for; other ones come first with each image."""
        mine = [name for name in names if matches(name, self.nodes)]
        return sorted(mine, key=lambda name: hashlib.blake2b(self.image[:400] + name.encode()).digest())

    def due(self, names: list[str]) -> list[str]:
        """The nodes of the stages up to this one, one at least."""
        order = self.order(names)
        share = self.limits.stages[self.stage - 1] if self.stage else 0
        return order[: max(1, round(len(order) * share / 100))] if self.stage else []


@dataclass(frozen=True)
class NodeState:
    node: str
    state: str
    note: str
    at: float


class Plans:
    """A connection of its own; used by one thread."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        self._db.executescript(SCHEMA)

    def add(self, title: str, image: bytes, nodes: tuple[str, ...], limits: Limits) -> int:
        """UserError while another one runs: two would judge each other's events."""
        with changing(self._db):
            if busy := self._db.execute("SELECT number FROM plan WHERE state = ?", (RUNNING,)).fetchone():
                raise UserError(f"expected no rollout that runs, found number {busy[0]}; wait for it, or stop it")
            given = (title, image, json.dumps(nodes), json.dumps(vars(limits)), 0, RUNNING, "", json.dumps({}))
            columns = "title, image, nodes, rules, stage, state, why, counts"
            made = self._db.execute(f"INSERT INTO plan ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", given)
            assert made.lastrowid is not None
            return made.lastrowid

    def all(self) -> list[Plan]:
        """The newest first."""
        return [_plan(row) for row in self._db.execute("SELECT * FROM plan ORDER BY number DESC LIMIT 50")]

    def running(self) -> Plan | None:
        row = self._db.execute("SELECT * FROM plan WHERE state = ? ORDER BY number LIMIT 1", (RUNNING,)).fetchone()
        return _plan(row) if row else None

    def save(self, plan: Plan) -> None:
        """Its stage, and what was counted; who has stopped it meanwhile is not overruled."""
        with changing(self._db):
            self._db.execute(
                "UPDATE plan SET stage = ?, counts = ? WHERE number = ?",
                (plan.stage, json.dumps(vars(plan.counts)), plan.number),
            )
            self._db.execute(
                "UPDATE plan SET state = ?, why = ? WHERE number = ? AND state = ?",
                (plan.state, plan.why, plan.number, RUNNING),
            )

    def switch(self, number: int, state: str, why: str = "") -> None:
        """By a person."""
        with changing(self._db):
            found = self._db.execute("SELECT state FROM plan WHERE number = ?", (number,)).fetchone()
            if found is None or found[0] == DONE:
                raise UserError(f"expected a rollout that is not done, found {'one that is' if found else 'none'}")
            self._db.execute("UPDATE plan SET state = ?, why = ? WHERE number = ?", (state, why, number))
            if state == RUNNING:  # those that failed are tried once more, and judged anew
                self._db.execute("DELETE FROM plan_node WHERE plan = ? AND state = ?", (number, FAILED))
                self._db.execute("UPDATE plan SET counts = ? WHERE number = ?", (json.dumps({}), number))

    def mark(self, number: int, node: str, state: str, note: str = "") -> None:
        with changing(self._db):
            given = (number, node, state, note[:300], time.time())
            self._db.execute("INSERT OR REPLACE INTO plan_node VALUES (?, ?, ?, ?, ?)", given)

    def states(self, number: int) -> dict[str, NodeState]:
        rows = self._db.execute("SELECT node, state, note, at FROM plan_node WHERE plan = ?", (number,))
        return {row[0]: NodeState(*row) for row in rows}

    def close(self) -> None:
        self._db.close()


def _plan(row: tuple) -> Plan:
    number, title, image, nodes, rules, stage, state, why, counts = row
    limits = json.loads(rules)
    limits["stages"] = tuple(limits["stages"])
    return Plan(
        number,
        title,
        image,
        tuple(json.loads(nodes)),
        Limits(**limits),
        stage,
        state,
        why,
        Counts(**json.loads(counts)),
    )


def percents(text: str) -> tuple[float, ...]:
    """Stages as they are written: 1,10,100."""
    try:
        stages = tuple(map(float, text.split(",")))
    except ValueError:
        stages = ()
    rise = all(one < following for one, following in pairwise((0.0, *stages)))  # false for NaN, too
    if not stages or not rise or stages[-1] != 100:
        raise UserError(f"expected stages in percent that rise to 100, such as 1,10,100, found {text[:60]!r}")
    return stages


def told(plan: Plan, states: dict[str, NodeState]) -> str:
    """In a line."""
    counted = {state: sum(one.state == state for one in states.values()) for state in STATES}
    nodes = ", ".join(f"{count} {state}" for state, count in counted.items() if count) or "no node yet"
    stage = f"{plan.limits.stages[plan.stage - 1]:g} %" if plan.stage else "looking at events before"
    return f"{plan.number}: {plan.title}, {plan.state}, {stage}: {nodes}{f'; {plan.why}' if plan.why else ''}"
