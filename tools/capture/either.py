"""`--format auto`: a Thimble board answers a request for session info; other boards speak another protocol."""

import time
from collections.abc import Callable, Collection, Iterable

from tools.capture.events import Device, Event
from tools.capture.foreign import Foreign
from tools.capture.thimble import Thimble

THIMBLE_FIRST_S = 3.0
KEPT = 1 << 16  # bytes of what came meanwhile


class Either:
    """Becomes one of them."""

    def __init__(
        self,
        write: Callable[[bytes], None],
        wanted: Collection[str] | None,
        columns: tuple[tuple[str, str], ...] | None,
    ) -> None:
        self._thimble = Thimble(write, wanted)
        self._foreign = Foreign("auto", write, columns)
        self._chosen: Thimble | Foreign | None = None
        self._since = time.monotonic()
        self._kept: list[tuple[bytes, float]] = []

    def opened(self) -> list[Event]:
        return (self._chosen or self._thimble).opened()

    @property
    def settle_s(self) -> float:
        return (self._chosen or self._thimble).settle_s

    @property
    def refusal(self) -> str:
        return self._thimble.refusal

    def deaf(self, seconds: float) -> None:
        (self._chosen or self._thimble).deaf(seconds)

    def ask(self) -> None:
        (self._chosen or self._thimble).ask()

    def stop(self) -> None:
        (self._chosen or self._thimble).stop()

    def feed(self, data: bytes, arrival_s: float) -> Iterable[Event]:
        """What the bytes mean."""
        if self._chosen is not None:
            return self._chosen.feed(data, arrival_s)
        self._keep(data, arrival_s)
        events = list(self._thimble.feed(data, arrival_s))
        if any(isinstance(event, Device) for event in events):
            self._chosen = self._thimble
            return events
        if arrival_s - self._since < THIMBLE_FIRST_S:
            return []
        self._chosen = self._foreign
        return [event for piece, at in self._kept for event in self._foreign.feed(piece, at)]

    def _keep(self, data: bytes, arrival_s: float) -> None:
        self._kept.append((data, arrival_s))
        while sum(len(piece) for piece, _ in self._kept) > KEPT:
            self._kept.pop(0)
