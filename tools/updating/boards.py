"""Boards that are updated at the same time, each in a thread of its own."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from ml.capture.ports import finder
from ml.errors import UserError
from ml.link.device import Device, SilenceError
from ml.link.port import GoneError
from ml.link.slots import Step
from ml.link.update import Updater
from ml.rig import ports
from ml.rig.file import choose
from ml.update.package import Update

MOST_TIMES_GONE = 3
COMES_BACK_S = 20.0  # with its port


@dataclass(frozen=True)
class Board:
    """`where` names its port now: it may come back under another name."""

    name: str
    where: Callable[[], str]


@dataclass(frozen=True)
class Outcome:
    """Of one board. `error`: "" where all went well."""

    name: str
    line: str = ""
    error: str = ""


def named(names: Sequence[str], rig: Path | None, app: str | None) -> list[Board]:
    """The boards of --port, or of --rig and --board; the only one that is plugged in when there is neither."""
    if rig is None:
        return [Board(name, finder(name, app)) for name in names] or [Board("board", finder(None, app))]
    return [Board(one.name, _of_rig(one, app)) for one in choose(names, rig)]


def _of_rig(config, app: str | None) -> Callable[[], str]:
    if config.emulated:
        return finder(config.environment.format(app=app, kind=config.kind) if app else config.kind)
    return lambda: ports.find(config, frozenset()).device


class Fleet:
    """`listen` hears of each step of each board, in that board's thread."""

    def __init__(self, boards: Sequence[Board], listen: Callable[[str, Step], None], at_once: int) -> None:
        self.boards, self.listen, self.at_once = boards, listen, at_once
        self._stopped = threading.Event()

    def each(self, job: Callable[[Board], str]) -> Iterator[Outcome]:
        """What became of each board, in the order in which they are done.

        Ctrl-C ends all of them at once. A thread may then wait for a line that is dead: it ends with the program.
        """
        futures = [Future[Outcome]() for _ in self.boards]
        waiting = deque(zip(futures, self.boards, strict=True))
        try:
            for _ in range(min(self.at_once, len(self.boards))):
                threading.Thread(target=self._work, args=(waiting, job), daemon=True).start()
            yield from self._done(futures)
        finally:
            self._stopped.set()

    def _work(self, waiting: deque[tuple[Future[Outcome], Board]], job: Callable[[Board], str]) -> None:
        """A thread's: board after board."""
        with contextlib.suppress(IndexError):  # none is left
            while not self._stopped.is_set():
                future, board = waiting.popleft()
                try:
                    future.set_result(self._outcome(job, board))
                except BaseException as error:  # raised where it is asked for
                    future.set_exception(error)

    def _done(self, left: list[Future[Outcome]]) -> Iterator[Outcome]:
        while left:
            for one in [one for one in left if one.done()]:
                left.remove(one)
                yield one.result()
            time.sleep(0.02)

    def _outcome(self, job: Callable[[Board], str], board: Board) -> Outcome:
        try:
            return Outcome(board.name, line=job(board))
        except UserError as error:
            return Outcome(board.name, error=str(error))

    def install(self, board: Board, update: Update, block: int) -> str:
        """A line; a port that goes, and an answer that does not come, are waited for."""
        began = time.monotonic()
        for attempt in range(MOST_TIMES_GONE):
            try:
                with self.opened(board, update.manifest.app, again=attempt > 0) as device:
                    updater = Updater(device, block)
                    self._hear(board, updater.install(update))
                    return told(update, time.monotonic() - began, updater)
            except (GoneError, SilenceError) as error:
                if attempt == MOST_TIMES_GONE - 1:
                    raise
                self._hear(board, [Step("announce", note=f"{error} Trying again")])
        raise AssertionError

    def _hear(self, board: Board, steps: Iterable[Step]) -> None:
        for step in steps:
            if self._stopped.is_set():
                raise UserError("interrupted")
            self.listen(board.name, step)

    @contextlib.contextmanager
    def opened(self, board: Board, app: str | None, again: bool = False) -> Iterator[Device]:
        """The board's device; `again`: it may take a while to come back."""
        end = time.monotonic() + (COMES_BACK_S if again else 0)
        while True:
            try:
                device = Device.open(board.where(), app)
                break
            except UserError:
                if time.monotonic() >= end or self._stopped.is_set():
                    raise
                time.sleep(0.5)
        with device:
            yield device


def told(update: Update, seconds: float, updater: Updater) -> str:
    """Of a board that has confirmed it."""
    manifest = update.manifest
    lost = f", {updater.lost} answers lost on the way" if updater.lost else ""
    return (
        f"{manifest.app} {manifest.version} (counter {manifest.counter}) is confirmed; {updater.sent:,} B sent in "
        f"{seconds:.1f} s{lost}"
    )
