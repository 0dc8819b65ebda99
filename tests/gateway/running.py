"""A gateway in a thread of this process, and what waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ml.gateway import reading
from ml.gateway.service import Gateway

WAIT_S = 30.0


class Running:
    """From `with` to its end; `text` is gateway.toml."""

    def __init__(self, folder: Path, text: str) -> None:
        self.path = folder / "gateway.toml"
        self.path.write_text(text)
        self._up, self._error = threading.Event(), None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Running:
        self._thread.start()
        assert self._up.wait(WAIT_S)
        if self._error:
            raise self._error
        return self

    def end(self) -> None:
        """As Ctrl-C does; returns when it has heard of it."""
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self._task.cancel)
            until(lambda: self._task.cancelling() or self._task.done())

    def __exit__(self, *_: object) -> None:
        if not self._task.cancelling():
            self.end()
        self._thread.join(WAIT_S)
        assert not self._thread.is_alive()
        if self._error:
            raise self._error

    def _run(self) -> None:
        try:
            with contextlib.suppress(asyncio.CancelledError):
                asyncio.run(self._serve())
        except BaseException as error:
            self._error = error
            self._up.set()

    async def _serve(self) -> None:
        self.loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        async with Gateway(reading.read(self.path)) as self.gateway:
            self._up.set()
            await self.gateway.run()


def until(condition: Callable[[], object], what: str = "it to happen") -> None:
    """Waits; a promise about time is made elsewhere."""
    end = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < end, f"waited {WAIT_S:g} s for {what}"
        time.sleep(0.02)
