"""Runs trainings in parallel, each in a process of its own. TensorFlow takes half a gigabyte in each."""

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

from ml.errors import UserError
from ml.progress import console, track

WORKERS = 2


def beside(function: Callable[[tuple], dict], asked: list[tuple], what: str) -> list[dict]:
    """The function of each, in any order; an error and Ctrl-C end the processes. `what` is said meanwhile."""
    with crew(len(asked)) as work:
        return work(function, asked, what)


@contextlib.contextmanager
def crew(most: int, workers: int = WORKERS) -> Iterator[Callable[..., list[dict]]]:
    """The same for several lists in turn by the same processes, `most` or `workers` of them; 1 is this very process.

    A process that cannot start, or that the system ends (for want of memory), ends the work with a UserError: a pool
    that starts another in its place would do so for ever.
    """
    if workers == 1:
        yield lambda function, asked, what: [function(one) for one in track(asked, what, len(asked))]
        return
    others = set(multiprocessing.active_children())
    spawn = multiprocessing.get_context("spawn")  # a fork of TensorFlow hangs
    pool = ProcessPoolExecutor(min(workers, os.cpu_count() or 1, most), spawn, _prepare)

    def work(function: Callable[[tuple], dict], asked: list[tuple], what: str) -> list[dict]:
        given = [pool.submit(_done, function, one) for one in asked]
        return [one.result() for one in track(as_completed(given), what, len(given))]

    try:
        yield work
    except BrokenProcessPool:
        raise UserError(
            "a process beside this one ended before its work did; free some memory (half a gigabyte each), or take "
            "one with --workers 1 where the command has it"
        ) from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
            child.join()


def _done(function: Callable[[tuple], dict], one: tuple) -> dict:
    """The pool takes SystemExit for an answer and goes on with the next one; here it ends the process."""
    try:
        return function(one)
    except SystemExit:
        os._exit(1)


def _prepare() -> None:
    """Interrupts are the parent's business, and so is talking to the user. Ended by it, or without it, a worker cleans
    up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    console.quiet = True
    threading.Thread(target=_follow, daemon=True).start()


def _follow() -> None:
    """A parent that was killed asks nobody to end."""
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _leave(*_: object) -> None:
    raise SystemExit(1)
