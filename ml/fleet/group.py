"""What the gateway knows of a group: masked updates, and keys that are revealed. It learns the sum, and nothing else.

Steps: `take` each contribution; `close`; `unmask` with what each present member reveals; `total`. Whatever goes wrong
gives the group up (AbortError), and costs its members this round.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.errors import UserError
from ml.fleet.masks import KEY, RefusalError, signs, stream
from ml.fleet.settings import Offer


class AbortError(UserError):
    """There is no sum of this group in this round."""


@dataclass(frozen=True)
class Sum:
    """Of the clipped updates of so many members: int64 (values,)."""

    total: np.ndarray
    members: int

    @property
    def mean(self) -> np.ndarray:
        return self.total / self.members


class Group:
    """Of `members`, for one round."""

    def __init__(self, offer: Offer, members: int) -> None:
        self.offer, self.members = offer, members
        self._sum = np.zeros(offer.size, np.uint32)
        self._there: set[int] = set()
        self._waiting: set[int] | None = None  # present ones that have not revealed; None: still open

    @property
    def present(self) -> list[int]:
        return sorted(self._there)

    def take(self, member: int, values: np.ndarray) -> None:
        """RefusalError for one that came before, comes late, or is no update of this round."""
        if self._waiting is not None:
            raise RefusalError(f"expected contributions before the group was closed, found member {member}'s later")
        if member in self._there or not 0 <= member < self.members:
            raise RefusalError(f"expected one contribution of each member, found another of member {member}")
        if values.dtype != np.uint32 or values.shape != (self.offer.size,):
            raise RefusalError(f"expected {self.offer.size} values, found {values.shape} of {values.dtype}")
        self._sum += values
        self._there.add(member)

    def close(self) -> list[int]:
        """Who is present: they are asked to reveal. AbortError below the least number."""
        if len(self._there) < self.offer.settings.least:
            raise AbortError(
                f"expected {self.offer.settings.least} of {self.members} members or more, found {len(self._there)}"
            )
        self._waiting = set(self._there)
        return self.present

    def unmask(self, member: int, keys: Sequence[bytes]) -> None:
        """Takes off the member's own stream, and what it shares with the missing ones."""
        missing = [at for at in range(self.members) if at not in self._there]
        if self._waiting is None or member not in self._waiting:
            raise RefusalError(f"expected keys of a present member, once, found member {member}'s")
        if len(keys) != 1 + len(missing) or any(len(key) != KEY for key in keys):
            raise AbortError(f"expected {1 + len(missing)} keys of member {member}, found {len(keys)}")
        for at, key in zip([member, *missing], keys, strict=True):
            mask = stream(key, self.offer.size)
            self._sum = self._sum - mask if signs(member, at) > 0 else self._sum + mask
        self._waiting.remove(member)

    def total(self) -> Sum:
        """AbortError unless everybody present has revealed, and the sum is one that clipped updates can have."""
        if self._waiting is None or self._waiting:
            left = "the group is open" if self._waiting is None else f"member {min(self._waiting)} did not"
            raise AbortError(f"expected every present member to reveal its key, found: {left}")
        total, most = self._sum.view(np.int32).astype(np.int64), len(self._there) * self.offer.settings.most
        length = math.isqrt(sum(one * one for one in total.tolist()))
        if length > most:
            raise AbortError(
                f"expected a sum of length {most:,} at most, found {length:,}: a member did not clip, or lied"
            )
        return Sum(total, len(self._there))
