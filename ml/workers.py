"""Runs trainings in parallel, each in a process of its own. TensorFlow takes half a gigabyte in each."""

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator

from ml.progress import console, track

WORKERS = 2


def beside(function: Callable[[tuple], dict], asked: list[tuple], what: str) -> list[dict]:
    """The function of each, in any order; an error and Ctrl-C end the processes. `what` is said meanwhile."""
    with crew(len(asked)) as work:
        return work(function, asked, what)


@contextlib.contextmanager
def crew(most: int, workers: int = WORKERS) -> Iterator[Callable[..., list[dict]]]:
    """The same for several lists in turn by the same processes, `most` or `workers` of them; 1 is this very process."""
    if workers == 1:
        yield lambda function, asked, what: [function(one) for one in track(asked, what, len(asked))]
        return
    workers = min(workers, os.cpu_count() or 1, most)
    with multiprocessing.get_context("spawn").Pool(workers, _prepare) as pool:
        yield lambda function, asked, what: list(track(pool.imap_unordered(function, asked), what, len(asked)))
        pool.close()
        pool.join()


def _prepare() -> None:
    """Interrupts are the parent's business, and so is talking to the user. Ended by it, a worker cleans up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    console.quiet = True


def _leave(*_: object) -> None:
    raise SystemExit(1)
