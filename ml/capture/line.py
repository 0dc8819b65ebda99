"""The port, read all the time by a thread of its own, so that the system's buffer never overflows.

When the port vanishes it is looked for until it is back; who reads the queue is told of both.
"""

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from ml.errors import UserError
from ml.link.port import Port

RETRY_S = 0.1
DEAF_S = 1.0  # a read that took so long was interrupted: the program was stopped, or the computer slept


@dataclass(frozen=True)
class Bytes:
    """What arrived, and when on the host's clock."""

    data: bytes
    arrival_s: float


@dataclass(frozen=True)
class Opened:
    """The port is there again."""


@dataclass(frozen=True)
class Vanished:
    """The port has gone."""

    reason: str


@dataclass(frozen=True)
class Deaf:
    """Nobody read the port for so long: what its buffers did not hold is lost. They come next, in one piece."""

    seconds: float


Item = Bytes | Opened | Vanished | Deaf


class Line:
    """`find` names the port, again after each loss: an unplugged board may come back under another name."""

    def __init__(self, find: Callable[[], str]) -> None:
        self.name = find()
        self._find = find
        self._port: Port | None = Port(self.name)
        self._queue: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="line", daemon=True)
        self._thread.start()

    def get(self, seconds: float) -> Item | None:
        """What came next; None when nothing does for so long."""
        with contextlib.suppress(queue.Empty):
            return self._queue.get(timeout=seconds) if seconds > 0 else self._queue.get_nowait()
        return None

    def write(self, data: bytes) -> None:
        """Into the void while there is no port: what matters is asked for again."""
        port = self._port
        if port is not None:
            with contextlib.suppress(UserError):
                port.write(data)

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        if self._port is not None:
            self._port.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            if self._port is None:
                self._reopen()
                continue
            began_s = time.monotonic()
            try:
                data = self._port.read()
            except UserError as error:
                self._lose(self._port, str(error))
                continue
            now_s = time.monotonic()
            if now_s - began_s > DEAF_S:
                self._queue.put(Deaf(now_s - began_s))
            if data:
                self._queue.put(Bytes(data, now_s))

    def _lose(self, port: Port, reason: str) -> None:
        port.close()
        self._port = None
        self._queue.put(Vanished(reason))

    def _reopen(self) -> None:
        try:
            self._port = Port(self._find())
        except UserError:
            self._closing.wait(RETRY_S)
        else:
            self._queue.put(Opened())
