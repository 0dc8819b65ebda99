"""`--format auto`: a Thimble board answers a request for session info; other boards speak another protocol.

The first that describes its streams is believed. A Thimble board has a head start, and it is still heard afterwards:
noise on the line may have cost its first answers.
"""

from collections.abc import Callable, Collection, Iterable

from ml.capture.events import Device, Event
from ml.capture.foreign import Foreign
from ml.capture.thimble import Thimble

THIMBLE_FIRST_S = 3.0  # from the first byte
KEPT = 1 << 16  # bytes of what came meanwhile
UNSAID = 1000  # events


class Either:
    """Becomes one of them."""

    def __init__(
        self,
        write: Callable[[bytes], None],
        wanted: Collection[str] | None,
        columns: tuple[tuple[str, str], ...] | None,
        thimble: Thimble | None = None,
    ) -> None:
        """`thimble`: in place of one that is made of the others."""
        self._thimble = thimble or Thimble(write, wanted)
        self._foreign = Foreign("auto", write, columns)
        self._chosen: Thimble | Foreign | None = None
        self._since: float | None = None
        self._kept: list[tuple[bytes, float]] = []
        self._unsaid: list[Event] = []  # of the other protocol, until it is the one

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
        if self._since is None:
            self._since = arrival_s
        self._keep(data, arrival_s)
        events = list(self._thimble.feed(data, arrival_s))
        if _describes(events):
            self._chosen = self._thimble
            return events
        if arrival_s - self._since < THIMBLE_FIRST_S:
            return []
        return self._feed_foreign()

    def _keep(self, data: bytes, arrival_s: float) -> None:
        self._kept.append((data, arrival_s))
        while sum(len(piece) for piece, _ in self._kept) > KEPT:
            self._kept.pop(0)

    def _feed_foreign(self) -> list[Event]:
        events = [event for piece, at in self._kept for event in self._foreign.feed(piece, at)]
        self._kept.clear()
        self._unsaid = [*self._unsaid, *events][-UNSAID:]
        if not _describes(events):
            return []
        self._chosen = self._foreign
        return self._unsaid


def _describes(events: Iterable[Event]) -> bool:
    return any(isinstance(event, Device) for event in events)
