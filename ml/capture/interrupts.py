"""Handles Ctrl-C between two steps, never in the middle of one, so that each write is finished."""

import signal
from collections.abc import Callable
from types import FrameType

PATIENCE = 3  # so often asked, the program ends at once, whatever it is doing

Handler = Callable[[int, FrameType | None], object] | int | None  # as signal.signal takes and returns it


class Interrupts:
    """Holds SIGINT, SIGTERM and a terminal that hangs up back until `raise_if_asked`."""

    def __init__(self) -> None:
        self._asked = 0
        self._before: dict[signal.Signals, Handler] = {}

    def hold(self) -> None:
        """In the main thread, which alone may."""
        for sign in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
            self._before[sign] = signal.signal(sign, self._note)

    def release(self) -> None:
        for sign, handler in self._before.items():
            signal.signal(sign, handler)
        self._before.clear()

    def raise_if_asked(self) -> None:
        """KeyboardInterrupt, once for each time it was asked for."""
        if self._asked:
            self._asked = 0
            raise KeyboardInterrupt

    def _note(self, *_: object) -> None:
        self._asked += 1
        if self._asked >= PATIENCE:
            raise KeyboardInterrupt
