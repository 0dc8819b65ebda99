"""Rounds of learning, in the outbox's file: a number that never comes again, what was asked, and the groups' sums.

Nothing but sums is ever written. A round that was running when the gateway ended is given up: boards refuse its number.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml.errors import UserError
from ml.gateway.changing import changing

if TYPE_CHECKING:
    import numpy as np

    from ml.fleet.group import Sum
    from ml.fleet.settings import Offer, Settings

ASKED, COLLECTING, SUMMED, GIVEN_UP = "asked", "collecting", "summed", "given up"
SCHEMA = """
CREATE TABLE IF NOT EXISTS lesson (
    number INTEGER PRIMARY KEY AUTOINCREMENT, model BLOB NOT NULL, size INTEGER NOT NULL, unit INTEGER NOT NULL,
    settings TEXT NOT NULL, nodes TEXT NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS lesson_sum (lesson INTEGER NOT NULL, members INTEGER NOT NULL, total BLOB NOT NULL);
"""


@dataclass(frozen=True)
class Lesson:
    number: int
    model: bytes
    size: int
    unit: int
    settings: dict
    nodes: tuple[str, ...]  # patterns
    state: str
    why: str  # what happened, in words

    def offer(self) -> Offer:
        from ml.fleet.settings import Offer, Settings  # noqa: PLC0415 - numpy takes 25 MiB

        return Offer(self.number, self.model, Settings(**self.settings), self.size, self.unit)

    def line(self) -> str:
        why = f": {self.why}" if self.why else ""
        return f"{self.number}: {self.settings['kind']} for the model {self.model.hex()}, {self.state}{why}"


class Lessons:
    """A connection of its own; used by one thread."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        self._db.executescript(SCHEMA)

    def ask(self, model: bytes, size: int, unit: int, settings: Settings, nodes: tuple[str, ...]) -> int:
        """The number of the round. UserError while another one runs: a board takes part in one."""
        with changing(self._db):
            busy = self._db.execute("SELECT number FROM lesson WHERE state IN (?, ?)", (ASKED, COLLECTING)).fetchone()
            if busy:
                raise UserError(f"expected no round that runs, found number {busy[0]}; wait for it")
            given = (model, size, unit, json.dumps(asdict(settings)), json.dumps(nodes), ASKED, "")
            columns = "model, size, unit, settings, nodes, state, why"
            made = self._db.execute(f"INSERT INTO lesson ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", given)
            assert made.lastrowid is not None
            return made.lastrowid

    def begin(self) -> Lesson | None:
        """The next that was asked for: from now on its number is used."""
        row = self._db.execute("SELECT * FROM lesson WHERE state = ? ORDER BY number", (ASKED,)).fetchone()
        if row is None:
            return None
        self._set(row[0], COLLECTING, "")
        return _lesson(row)

    def give_up(self) -> None:
        """What was running when the gateway ended."""
        rows = self._db.execute("SELECT number FROM lesson WHERE state = ?", (COLLECTING,)).fetchall()
        for (number,) in rows:
            self._set(number, GIVEN_UP, "the gateway was started anew; ask for another round")

    def end(self, number: int, sums: list[Sum], why: str) -> None:
        with changing(self._db):
            for one in sums:
                total = one.total.astype("<i8").tobytes()
                self._db.execute("INSERT INTO lesson_sum VALUES (?, ?, ?)", (number, one.members, total))
            self._set(number, SUMMED if sums else GIVEN_UP, why)

    def sums(self, number: int) -> tuple[Lesson, list[Sum]]:
        """UserError unless it has some."""
        import numpy as np  # noqa: PLC0415

        from ml.fleet.group import Sum  # noqa: PLC0415

        row = self._db.execute("SELECT * FROM lesson WHERE number = ?", (number,)).fetchone()
        if row is None or _lesson(row).state != SUMMED:
            raise UserError(f"expected a round with sums, found {_lesson(row).line() if row else f'no round {number}'}")
        rows = self._db.execute("SELECT members, total FROM lesson_sum WHERE lesson = ?", (number,))
        return _lesson(row), [Sum(_values(np, total), members) for members, total in rows]

    def all(self) -> list[Lesson]:
        """The newest first."""
        return [_lesson(row) for row in self._db.execute("SELECT * FROM lesson ORDER BY number DESC LIMIT 50")]

    def close(self) -> None:
        self._db.close()

    def _set(self, number: int, state: str, why: str) -> None:
        self._db.execute("UPDATE lesson SET state = ?, why = ? WHERE number = ?", (state, why[:2000], number))


def _values(numpy, total: bytes) -> np.ndarray:
    return numpy.frombuffer(total, "<i8").astype(numpy.int64)


def _lesson(row: tuple) -> Lesson:
    number, model, size, unit, settings, nodes, state, why = row
    return Lesson(number, model, size, unit, json.loads(settings), tuple(json.loads(nodes)), state, why)
