"""A serial line between a program and a board: at a baud rate, and with whatever happens to frames on the way."""

from __future__ import annotations

import os
import select
import threading
import time
import tty
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

END = b"\0"  # of a frame
BITS = 10  # of a byte on the line, with start and stop
TICK_S = 0.002
TO_BOARD, TO_HOST = 0, 1


@dataclass
class Faults:
    """How often, of the frames in each direction."""

    lost: float = 0
    twice: float = 0
    late: float = 0  # behind the next ones
    damaged: float = 0
    chance: Random = field(default_factory=lambda: Random(1))
    cut_after: int | None = None  # frames to the board; then the line is dead

    def of(self, chunk: bytes) -> list[tuple[float, bytes]]:
        """What becomes of a frame: seconds that it waits, and its bytes."""
        drawn = self.chance.random()
        damaged = bytes([*chunk[:2], chunk[2] ^ 0x81 or 1, *chunk[3:]])
        fates: list[tuple[float, list[tuple[float, bytes]]]] = [
            (self.lost, []),
            (self.twice, [(0.0, chunk), (0.0, chunk)]),
            (self.late, [(0.03, chunk)]),
            (self.damaged, [(0.0, damaged)]),
        ]
        for share, fate in fates:
            if drawn < share:
                return fate
            drawn -= share
        return [(0.0, chunk)]


class Line:
    """`port` is its end for a program. `baud` None: as fast as the emulator."""

    def __init__(self, console: Path, baud: int | None = None, faults: Faults | None = None) -> None:
        self.baud, self.faults = baud, faults or Faults()
        self.frames = [0, 0]  # that came, in each direction
        self.bytes = [0, 0]  # that were carried
        self._board = os.open(console, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self._board)
        self._host, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._host, False)
        self.port = os.ttyname(self._slave)
        self._half = [b"", b""]
        self._queue: list[list[tuple[float, bytes]]] = [[], []]
        self._free_s = [0.0, 0.0]
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Line:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join()
        for end in (self._board, self._host, self._slave):
            os.close(end)

    def _run(self) -> None:
        ends = {self._host: TO_BOARD, self._board: TO_HOST}
        while not self._closing.is_set():
            for end in select.select(list(ends), [], [], TICK_S)[0]:
                self._take(ends[end], os.read(end, 4096))
            for way, out in ((TO_BOARD, self._board), (TO_HOST, self._host)):
                self._give(way, out)

    def _take(self, way: int, data: bytes) -> None:
        *frames, self._half[way] = (self._half[way] + data).split(END)
        for frame in filter(None, frames):  # each has a zero byte before and behind it
            self.frames[way] += 1
            if way == TO_BOARD and self.faults.cut_after is not None and self.frames[way] > self.faults.cut_after:
                continue
            for wait_s, chunk in self.faults.of(END + frame + END):
                now = time.monotonic()
                self._free_s[way] = max(now, self._free_s[way]) + (len(chunk) * BITS / self.baud if self.baud else 0)
                self._queue[way].append((self._free_s[way] + wait_s, chunk))

    def _give(self, way: int, out: int) -> None:
        now = time.monotonic()
        due = sorted(one for one in self._queue[way] if one[0] <= now)
        for one in due:
            try:
                os.write(out, one[1])
            except BlockingIOError:  # nobody reads
                return
            self.bytes[way] += len(one[1])
            self._queue[way].remove(one)
