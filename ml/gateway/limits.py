"""How much one sender may ask of the gateway, so that the others do not wait for it."""

from collections import OrderedDict
from collections.abc import Hashable

MOST_SENDERS = 100_000  # that are remembered; beyond that the one that was silent longest begins anew


class Limits:
    """A bucket for each sender: `burst` at once, and `rate` a second over a longer time."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate, self._burst = rate, float(burst)
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()  # tokens, and when

    def takes(self, sender: Hashable, now: float) -> bool:
        """False: it has had its share."""
        tokens, then = self._buckets.pop(sender, (self._burst, now))
        tokens = min(self._burst, tokens + (now - then) * self._rate)
        good = tokens >= 1
        self._buckets[sender] = (tokens - 1 if good else tokens, now)
        if len(self._buckets) > MOST_SENDERS:
            self._buckets.popitem(last=False)
        return good
