"""A round: members are put into groups, contribute, reveal, and the groups' sums are combined.

Members may be boards behind a gateway, simulated boards, or clients of another system: they answer three questions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from ml.fleet.group import AbortError, Group, Sum
from ml.fleet.masks import RefusalError
from ml.fleet.settings import Offer


class AwayError(AbortError):
    """A member does not answer."""


class Member(Protocol):
    """Each may raise AwayError; RefusalError where it does not take part."""

    name: str

    def join(self, offer: Offer) -> bytes:
        """Its public key for the round."""
        ...

    def contribute(self, own: int, keys: Sequence[bytes]) -> np.ndarray:
        """Its masked update, uint32; `keys` are those of its group, `own` is its place in it."""
        ...

    def reveal(self, present: Sequence[int]) -> list[bytes]:
        """What takes the masks off the sum of those that are present."""
        ...


@dataclass
class Result:
    """Of a round, or of several."""

    sums: list[Sum] = field(default_factory=list)
    groups: int = 0
    joined: int = 0
    refused: dict[str, str] = field(default_factory=dict)  # why, by the member's name
    aborted: Counter = field(default_factory=Counter)  # groups by the reason

    @property
    def members(self) -> int:
        """In the sums."""
        return sum(one.members for one in self.sums)

    def __add__(self, other: Result) -> Result:
        return Result(
            [*self.sums, *other.sums],
            self.groups + other.groups,
            self.joined + other.joined,
            self.refused | other.refused,
            self.aborted + other.aborted,
        )

    def line(self) -> str:
        """In words."""
        told = f"{self.members} of {self.joined} members in the sums of {len(self.sums)} of {self.groups} groups"
        told += f", {len(self.refused)} did not join, as: {next(iter(self.refused.values()))}" if self.refused else ""
        return told + "".join(f"; given up {count}: {why}" for why, count in self.aborted.items())


def run(offer: Offer, members: Sequence[Member], rng: np.random.Generator, each: Callable = map) -> Result:
    """One round of all members; `rng` draws the groups, anew each time, so that a liar never meets the same ones.
    `each` may be that of a pool of threads: members are asked to join, and groups go on, side by side."""
    result = Result()
    asked = list(each(lambda member: _joined(member, offer), members))
    joined = [(member, key) for member, key in zip(members, asked, strict=True) if isinstance(key, bytes)]
    result.refused = {member.name: key for member, key in zip(members, asked, strict=True) if isinstance(key, str)}
    result.joined = len(joined)
    groups = grouped(len(joined), offer.settings.group, rng)
    result.groups = len(groups)
    for found in each(lambda places: _or_why(offer, [joined[place] for place in places]), groups):
        if isinstance(found, Sum):
            result.sums.append(found)
        else:
            result.aborted[found] += 1
    return result


def _joined(member: Member, offer: Offer) -> bytes | str:
    """Its key, or why it does not join."""
    try:
        return member.join(offer)
    except (AwayError, RefusalError) as error:
        return str(error)


def _or_why(offer: Offer, members: list[tuple[Member, bytes]]) -> Sum | str:
    try:
        return _of(offer, members)
    except AbortError as error:
        return str(error)


def grouped(count: int, size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Random groups of `size` and a few more members each; one smaller group where there are no more."""
    return [part for part in np.array_split(rng.permutation(count), max(1, count // size)) if len(part)]


def _of(offer: Offer, members: list[tuple[Member, bytes]]) -> Sum:
    keys = [key for _, key in members]
    if len(keys) < offer.settings.least:
        raise AbortError(f"expected {offer.settings.least} members or more, found {len(keys)}; wait for others to join")
    group = Group(offer, len(keys))
    for own, (member, _) in enumerate(members):
        try:
            group.take(own, member.contribute(own, keys))
        except (AwayError, RefusalError):
            continue  # missing: the others reveal what they share with it
    present = group.close()
    for own in present:
        try:
            group.unmask(own, members[own][0].reveal(present))
        except (AwayError, RefusalError) as error:
            raise AbortError("expected every present member to reveal its key, found one that did not") from error
    return group.total()
