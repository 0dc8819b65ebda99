"""A board that does not exist, with the examples of one person: it does what lib/fleet does, by the same C."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ml.fleet.features import quantised_logits
from ml.fleet.learner import Learner
from ml.fleet.masks import Masks, RefusalError, public
from ml.fleet.means import class_sums
from ml.fleet.rounds import AwayError
from ml.fleet.settings import SUMS, Offer
from ml.native.fleet import Examples, clipped, learn

BEFORE, AFTER = "before", "after"  # when a board goes missing in a round: before it contributes, or right behind that
Lie = Callable[[np.ndarray, Offer], np.ndarray]  # an honest update (values,) -> what is sent instead, int64


def opposite(update: np.ndarray, offer: Offer) -> np.ndarray:
    """The worst that a group's bound lets pass: the opposite of what was learnt, as long as all others together."""
    length = max(1.0, float(np.linalg.norm(update)))
    return np.rint(-update * ((offer.settings.group - 2) * offer.settings.most / length)).astype(np.int64)


@dataclass
class Board:
    """A member (rounds.py). `away` says when it goes missing in the next round, None: it stays."""

    name: str
    features: np.ndarray  # int8 (n, features)
    labels: np.ndarray  # int (n,)
    seed: bytes
    learner: Learner  # whose model it runs
    lie: Lie | None = None
    away: str | None = None
    last: int = 0  # round that it has joined
    _offer: Offer | None = field(default=None, repr=False)
    _masks: Masks | None = field(default=None, repr=False)

    def join(self, offer: Offer) -> bytes:
        if offer.model != self.learner.hash:
            raise RefusalError(f"{self.name}: expected the model {self.learner.hash.hex()}, found {offer.model.hex()}")
        if offer.number <= self.last:
            raise RefusalError(f"{self.name}: expected a round after {self.last}, found {offer.number}")
        self.last, self._offer, self._masks = offer.number, offer, None
        return public(self.seed, offer.number)

    def update(self, offer: Offer) -> np.ndarray:
        """What it has learnt, clipped: int32 (values,)."""
        layer, settings = self.learner.shipped(), offer.settings
        if settings.kind == SUMS:
            return clipped(class_sums(self.features, self.labels, len(layer.weights)), settings.most).ravel()
        examples = Examples(self.features, quantised_logits(layer, self.features), self.labels)
        return clipped(
            learn(layer.config(offer.logit_unit), examples, settings.epochs, settings.rate), settings.most
        ).ravel()

    def contribute(self, own: int, keys: Sequence[bytes]) -> np.ndarray:
        if self._offer is None or self._masks is not None:
            raise RefusalError(f"{self.name}: expected to join before it contributes, and to contribute once")
        self._masks = Masks(self.seed, self._offer, own, keys)
        if self.away == BEFORE:
            raise AwayError(f"{self.name} does not answer")
        update = self.update(self._offer)
        return self._masks.hidden(self.lie(update, self._offer) if self.lie else update)

    def reveal(self, present: Sequence[int]) -> list[bytes]:
        if self.away == AFTER:
            raise AwayError(f"{self.name} does not answer")
        if self._masks is None:
            raise RefusalError(f"{self.name}: expected to contribute before it reveals anything")
        return self._masks.reveal(present)
