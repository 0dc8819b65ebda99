"""What there is, once, whatever pages are open: the folder, the board, the jobs, and what was computed of the data."""

import contextlib
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from ml.capture.manifest import Manifest
from ml.errors import UserError
from ml.studio.hub import Hub
from ml.studio.jobs import Jobs
from ml.studio.live import Live


class Studio:
    """`root`: the data set that is recorded into, labelled and looked at. `rig`: a rig file (docs/rig.md), or None."""

    def __init__(self, root: Path, rig: Path | None = None) -> None:
        self.root, self.rig = root, rig
        self.hub = Hub()
        self.jobs = Jobs(self.hub.tell)
        self.live: Live | None = None
        self.kept: dict[str, Any] = {}  # what a panel has computed and another page may ask for
        self.changing = threading.RLock()  # held by who changes the board, or files of the data set
        self._pool: ProcessPoolExecutor | None = None

    @contextlib.contextmanager
    def manifest(self) -> Iterator[Manifest]:
        """The manifest, by whoever has it open: the board's thread works meanwhile on nothing else."""
        with self.changing:
            if self.live is not None and self.live.is_open:
                with self.live.paused() as manifest:
                    yield manifest
                return
            manifest = Manifest(self.root)
            try:
                yield manifest
            finally:
                manifest.close()

    @property
    def board(self) -> Live:
        """The board that is connected; UserError without one."""
        if self.live is None or not self.live.is_open:
            raise UserError("expected a board that is connected, found none; connect one on the panel Live")
        return self.live

    def connect(self, port: str) -> None:
        """In place of the board before."""
        with self.changing:
            self.disconnect()
            self.live = Live(self.root, port, self.hub)

    def disconnect(self) -> None:
        with self.changing:
            if self.live is not None:
                self.live.close()
                self.live = None

    def compute(self, function: Callable, *arguments: object) -> Any:
        """In a process of its own, so that no frame of a board waits for it."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
        return self._pool.submit(function, *arguments).result()

    def close(self) -> None:
        self.disconnect()
        self.jobs.close()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():  # nobody waits for what they compute
                process.terminate()
        self.hub.close()
