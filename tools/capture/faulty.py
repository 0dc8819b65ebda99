"""A serial line between a board and its reader that fails like a real one, for tests and measurements.

with FaultyLine(board="/dev/pts/3", port=folder / "port", faults=Faults(flip=1e-4), seed=7) as line:
    ...            # open folder / "port" in place of the board
    line.stall(2.0)

Every fault is drawn from `seed`; what the bytes before the faults were does not matter to it.
"""

import contextlib
import os
import select
import threading
import time
import tty
from dataclasses import dataclass
from pathlib import Path

import numpy as np

AT_ONCE = 4096
TICK_S = 0.01


@dataclass(frozen=True)
class Faults:
    """Chances of what happens all the time; of bytes a byte, of frames a frame."""

    drop: float = 0.0  # a run of 1 to 8 bytes is left out
    flip: float = 0.0  # a bit of a byte is turned
    insert: float = 0.0  # a run of 1 to 8 random bytes comes in
    repeat: float = 0.0  # a frame comes a second time, at once or after the next
    swap: float = 0.0  # a frame comes after the next

    @property
    def any(self) -> bool:
        return any((self.drop, self.flip, self.insert, self.repeat, self.swap))


class FaultyLine:
    """`port` is a link to a pseudo-terminal, made anew when the port vanishes and returns."""

    def __init__(self, board: str, port: Path, faults: Faults | None = None, seed: int = 0) -> None:
        self.faults = faults or Faults()
        self.done = 0  # faults so far
        self._board = os.open(board, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        tty.setraw(self._board)
        self._port = port
        self._random = np.random.default_rng(seed)
        self._held: list[bytes] = []  # frames that come later than they should
        self._partial = b""
        self._pending = bytearray()  # on its way to the reader
        self._stalled_until = 0.0
        self._back_at: float | None = None  # when the port returns
        self._master: int | None = None
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._appear()
        self._thread = threading.Thread(target=self._run, name="faulty line", daemon=True)
        self._thread.start()

    def __enter__(self) -> "FaultyLine":
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join()
        self._disappear()
        os.close(self._board)

    def stall(self, seconds: float) -> None:
        """Nothing passes for so long; the board finds the line full."""
        with self._lock:
            self._stalled_until = time.monotonic() + seconds
            self.done += 1

    def vanish(self, seconds: float) -> None:
        """The port goes and comes back under a new device; what the board sends meanwhile is gone."""
        with self._lock:
            self._back_at = time.monotonic() + seconds
            self._disappear()
            self.done += 1

    def send(self, data: bytes) -> None:
        """To the board, as if the reader had written it."""
        os.write(self._board, data)

    def _appear(self) -> None:
        self._master, slave = os.openpty()
        tty.setraw(self._master)
        scratch = self._port.with_name(self._port.name + ".new")
        scratch.unlink(missing_ok=True)
        scratch.symlink_to(os.ttyname(slave))
        scratch.replace(self._port)
        os.set_blocking(self._master, False)
        self._slave = slave  # held open: a pseudo-terminal without a reader would report an error
        self._pending.clear()

    def _disappear(self) -> None:
        if self._master is None:
            return
        self._port.unlink(missing_ok=True)
        for file in (self._master, self._slave):
            os.close(file)
        self._master = None

    def _run(self) -> None:
        while not self._closing.is_set():
            with self._lock:
                self._turn()
            files = [file for file in (self._board, self._master) if file is not None]
            if time.monotonic() < self._stalled_until:
                self._closing.wait(TICK_S)
            else:
                select.select(files, [], [], TICK_S)

    def _turn(self) -> None:
        now = time.monotonic()
        if self._back_at is not None and now >= self._back_at:
            self._back_at = None
            self._appear()
        if now < self._stalled_until:
            return
        if len(self._pending) < AT_ONCE:
            self._pending += self._spoil(_read(self._board))
        if self._master is None:
            self._pending.clear()
            return
        with contextlib.suppress(BlockingIOError):
            if self._pending:
                del self._pending[: os.write(self._master, self._pending[:AT_ONCE])]
        if data := _read(self._master):
            os.write(self._board, data)

    def _spoil(self, data: bytes) -> bytes:
        if not data or not self.faults.any:
            return data
        return self._bytes(self._frames(data))

    def _frames(self, data: bytes) -> bytes:
        """Whole chunks, from zero byte to zero byte, repeated and exchanged."""
        if not (self.faults.repeat or self.faults.swap):
            return data
        *chunks, self._partial = (self._partial + data).split(b"\0")
        out = []
        for chunk in chunks:
            out.append(chunk)
            if not chunk:
                continue
            out += self._held
            self._held = []
            if self._happens(self.faults.swap):
                self._held.append(out.pop())
            elif self._happens(self.faults.repeat):
                (out if self._random.random() < 0.5 else self._held).append(chunk)
        return b"".join(chunk + b"\0" for chunk in out)

    def _bytes(self, data: bytes) -> bytes:
        out = bytearray()
        draws = self._random.random(len(data))
        skip = 0
        for byte, draw in zip(data, draws.tolist(), strict=True):
            if skip:
                skip -= 1
                continue
            if draw < self.faults.drop:
                skip = int(self._random.integers(0, 8))
                self.done += 1
            elif draw < self.faults.drop + self.faults.flip:
                out.append(byte ^ 1 << int(self._random.integers(0, 8)))
                self.done += 1
            else:
                out.append(byte)
                if draw > 1 - self.faults.insert:
                    out += self._random.bytes(int(self._random.integers(1, 9)))
                    self.done += 1
        return bytes(out)

    def _happens(self, chance: float) -> bool:
        happens = bool(self._random.random() < chance)
        self.done += happens
        return happens


def _read(file: int) -> bytes:
    """What is there; a reader that has gone leaves nothing."""
    try:
        return os.read(file, AT_ONCE)
    except (BlockingIOError, OSError):
        return b""
