"""What was committed and is not yet handed on: SQLite with a write-ahead log, `synchronous = FULL`.

An event is committed together with what was heard of its node. So after a kill, whatever was acknowledged is here, and
what comes again is known. Numbers rise by one with each event and are never used twice. Used by one thread.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ml.errors import UserError

PAGE = 4096
BOOTS = 8  # of a node, that are remembered
PRUNE = 20_000  # events that are removed at a time
SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    number INTEGER PRIMARY KEY AUTOINCREMENT, node TEXT NOT NULL, boot INTEGER NOT NULL, stream INTEGER NOT NULL,
    sequence INTEGER NOT NULL, received_us INTEGER NOT NULL, happened_us INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS heard (
    node TEXT NOT NULL, boot INTEGER NOT NULL, stream INTEGER NOT NULL, next INTEGER NOT NULL, counter INTEGER NOT NULL,
    at INTEGER NOT NULL, PRIMARY KEY (node, boot, stream)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS output (name TEXT PRIMARY KEY, passed INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS about (node TEXT PRIMARY KEY, told TEXT NOT NULL) WITHOUT ROWID;
"""


class FullError(Exception):
    """The disk, or the space that the outbox may take, is full: nothing of the batch was stored."""


@dataclass(frozen=True, slots=True)
class Event:
    """`body`: JSON. `sequence` does not wrap; `happened_us` is when it was on the node's clock, as Unix time."""

    node: str
    boot: int
    stream: int
    sequence: int
    received_us: int
    happened_us: int
    body: str


@dataclass(frozen=True, slots=True)
class Heard:
    """Of a node, a boot and a stream: the next sequence, and the highest counter of its datagrams."""

    node: str
    boot: int
    stream: int
    next: int
    counter: int


class Outbox:
    """`most_mb`: of the file; beyond that it is full. Events are kept until all of `outputs` have passed them."""

    def __init__(self, path: Path, most_mb: int, outputs: Iterable[str]) -> None:
        self.path = path
        try:
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
            self._db.execute(f"PRAGMA page_size = {PAGE}")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self.limit(most_mb)
            self._db.executescript(SCHEMA)
            self._name_outputs(set(outputs))
        except sqlite3.Error as error:
            raise UserError(f"{path}: expected an outbox to write, found: {error}; move the file away") from None

    def limit(self, most_mb: int) -> None:
        """Of the file; less than it has means no more than it has."""
        self._db.execute(f"PRAGMA max_page_count = {most_mb * (1 << 20) // PAGE or 1}")

    def _name_outputs(self, names: set[str]) -> None:
        """A new output begins with the oldest event that is kept; one that is gone holds nothing back."""
        with self._transaction():
            known = {name for (name,) in self._db.execute("SELECT name FROM output")}
            self._db.executemany("DELETE FROM output WHERE name = ?", [(one,) for one in known - names])
            (oldest,) = self._db.execute("SELECT coalesce(min(number), 1) FROM event").fetchone()
            self._db.executemany("INSERT INTO output VALUES (?, ?)", [(one, oldest - 1) for one in names - known])

    def heard(self) -> list[Heard]:
        """The oldest first, so that the last of a node is its newest boot."""
        rows = self._db.execute("SELECT node, boot, stream, next, counter FROM heard ORDER BY at, boot")
        return [Heard(*row) for row in rows]

    def store(self, events: Iterable[Event], heard: Iterable[Heard], at: int) -> None:
        """All of it or, with FullError, nothing."""
        with self._transaction():
            self._db.executemany(
                "INSERT INTO event (node, boot, stream, sequence, received_us, happened_us, body) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                ((e.node, e.boot, e.stream, e.sequence, e.received_us, e.happened_us, e.body) for e in events),
            )
            self._db.executemany(
                "INSERT INTO heard VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET next = excluded.next, "
                "counter = max(counter, excluded.counter), at = excluded.at",
                ((h.node, h.boot, h.stream, h.next, h.counter, at) for h in heard),
            )

    def forget_boots(self, node: str) -> None:
        """All but the newest boots of a node."""
        kept = "SELECT DISTINCT boot FROM heard WHERE node = ?1 ORDER BY at DESC LIMIT ?2"
        with self._transaction():
            self._db.execute(f"DELETE FROM heard WHERE node = ?1 AND boot NOT IN ({kept})", (node, BOOTS))

    def after(self, number: int, count: int) -> list[tuple[int, Event]]:
        """The next events behind that number, in the order in which they were committed."""
        rows = self._db.execute(
            "SELECT number, node, boot, stream, sequence, received_us, happened_us, body FROM event "
            "WHERE number > ? ORDER BY number LIMIT ?",
            (number, count),
        )
        return [(row[0], Event(*row[1:])) for row in rows]

    def since(self, happened_us: int) -> list[Event]:
        """What is still here of that time, for rules that look back."""
        rows = self._db.execute(
            "SELECT node, boot, stream, sequence, received_us, happened_us, body FROM event WHERE happened_us >= ? "
            "ORDER BY number",
            (happened_us,),
        )
        return [Event(*row) for row in rows]

    def passed(self, output: str) -> int:
        """The number up to which it has handed events on."""
        return self._db.execute("SELECT passed FROM output WHERE name = ?", (output,)).fetchone()[0]

    def pass_on(self, output: str, number: int, keep_since_us: int) -> None:
        """It has handed on all up to that number; what all have, and no rule may need, is removed."""
        with self._transaction():
            self._db.execute("UPDATE output SET passed = ? WHERE name = ?", (number, output))
            (all_have,) = self._db.execute("SELECT min(passed) FROM output").fetchone()
            self._db.execute(
                "DELETE FROM event WHERE number IN (SELECT number FROM event WHERE number <= ? AND received_us < ? "
                "ORDER BY number LIMIT ?)",
                (all_have, keep_since_us, PRUNE),
            )

    def waiting(self) -> dict[str, int]:
        """Events that each output has before it."""
        (last,) = self._db.execute("SELECT coalesce(max(number), 0) FROM event").fetchone()
        return {name: max(0, last - passed) for name, passed in self._db.execute("SELECT name, passed FROM output")}

    def tell_about(self, told: Iterable[tuple[str, str]]) -> None:
        """What the page shows of nodes, as JSON."""
        with self._transaction():
            self._db.executemany("INSERT OR REPLACE INTO about VALUES (?, ?)", told)

    def about(self) -> dict[str, str]:
        return dict(self._db.execute("SELECT node, told FROM about").fetchall())

    def close(self) -> None:
        self._db.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """Committed to the disk at its end."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except BaseException as error:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError):
                raise FullError(str(error)) from None
            raise
