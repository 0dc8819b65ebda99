"""Plans the arena: gives each tensor a place, so that tensors that are alive at the same time never overlap.

Placing buffers with lifetimes is NP-hard in general, but small networks mostly reach the lower bound (the most bytes
that any one step needs at once), and the plan reports it, so a gap is seen. The search is first fit over several
orders, then over all orders of few buffers or seeded changes of many; it stops at the bound.
"""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass

ALIGNMENT = 4  # kernels load whole words
FEW = 6  # buffers whose 720 orders are all tried
TRIES = 3000  # at other orders


@dataclass(frozen=True)
class Buffer:
    """Bytes needed from step `first` to step `last`, both included."""

    key: int
    size: int
    first: int
    last: int


@dataclass(frozen=True)
class Plan:
    offsets: dict[int, int]  # by Buffer.key
    size: int  # of the arena
    lower_bound: int  # no plan can be smaller


# (key of an output, key of an input) -> bytes by which the output must start before the input to overlap it safely;
# None where only the same start is safe
Overlaps = dict[tuple[int, int], int | None]


def aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def plan(buffers: list[Buffer], overlaps: Overlaps, tries: int = TRIES) -> Plan:
    """The smallest arena found. `overlaps` relaxes the rule for an output and an input that dies as it is made."""
    buffers = [Buffer(b.key, max(aligned(b.size), ALIGNMENT), b.first, b.last) for b in buffers]
    overlaps = {pair: None if distance is None else aligned(distance) for pair, distance in overlaps.items()}
    bound = lower_bound(buffers, overlaps)
    neighbours = _neighbours(buffers, overlaps)
    best, size, order = {}, sys.maxsize, list(buffers)
    for key in (
        lambda b: (-b.size, b.first),
        lambda b: (b.first, -b.size),
        lambda b: (-b.last, -b.size),
        lambda b: (-b.size * (b.last - b.first + 1), b.first),
    ):
        candidate = sorted(buffers, key=key)
        if found := _first_fit(candidate, neighbours, size - 1):
            (best, size), order = found, candidate
    if size > bound and (ends := _from_both_ends(buffers, bound)):
        return Plan(ends, bound, bound)
    best, size = _improve(order, neighbours, best, size, bound, tries)
    return Plan(best, size, bound)


def _from_both_ends(buffers: list[Buffer], bound: int) -> dict[int, int] | None:
    """A plain chain, in which a buffer meets none but those next to it, lies alternately at both ends of the arena;
    None where the network is no such chain, or where two that meet do not fit beside each other."""
    chain = sorted(buffers, key=lambda b: (b.first, b.last))
    meets = any(a.last >= b.first for a, b in zip(chain, chain[2:], strict=False))
    if meets or any(a.last >= b.first and a.size + b.size > bound for a, b in itertools.pairwise(chain)):
        return None
    return {b.key: bound - b.size if number % 2 else 0 for number, b in enumerate(chain)}


def covered(buffers: list[Buffer], offsets: dict[int, int], step: int) -> int:
    """Bytes of the arena that hold something at a step; what overlaps counts once."""
    total, reached = 0, 0
    for at, size in sorted((offsets[b.key], b.size) for b in buffers if b.first <= step <= b.last):
        end = at + size
        total += max(end - max(at, reached), 0)
        reached = max(reached, end)
    return total


def _improve(order, neighbours, best, size, bound, tries):
    """Tries other orders of placement until the bound is reached: all of them for few buffers, else moves of one buffer
    from its place in the order to another, kept where they do not make the arena larger."""
    candidates = ((0, one) for one in itertools.permutations(order)) if len(order) <= FEW else _moves(order)
    for same, candidate in itertools.islice(candidates, tries):
        if size <= bound:
            break
        if found := _first_fit(candidate, neighbours, size, {b.key: best[b.key] for b in candidate[:same]}):
            best, size = found
            order[:] = candidate
    return best, size


def _moves(order):
    """How many buffers keep their places, and a copy of `order` as it is by then, with one buffer at another place each
    time; the seed is fixed."""
    chance = random.Random(0)
    while True:
        candidate = order.copy()
        i, j = chance.sample(range(len(order)), 2)
        candidate.insert(j, candidate.pop(i))
        yield min(i, j), candidate


def lower_bound(buffers: list[Buffer], overlaps: Overlaps) -> int:
    """The most bytes that one step needs."""
    steps = step_bounds(buffers, overlaps)
    return max([*steps.values(), *(b.size for b in buffers)], default=0)


def step_bounds(buffers: list[Buffer], overlaps: Overlaps) -> dict[int, int]:
    """Bytes that a step needs at least, for each at which a buffer begins; each overlap counted as the most it can
    save."""
    saved = _savings(buffers, overlaps)
    grows: dict[int, int] = {}
    for b in buffers:
        grows[b.first] = grows.get(b.first, 0) + b.size
        grows[b.last + 1] = grows.get(b.last + 1, 0) - b.size
    alive = dict(zip(sorted(grows), itertools.accumulate(grows[step] for step in sorted(grows)), strict=True))
    return {step: alive[step] - sum(saved.get(step, {}).values()) for step in {b.first for b in buffers}}


def _savings(buffers: list[Buffer], overlaps: Overlaps) -> dict[int, dict[int, int]]:
    """step -> {key of an output: bytes of it at most that lie in its inputs}, where both are alive."""
    known = {b.key: b for b in buffers}
    saved: dict[int, dict[int, int]] = {}
    for (out, given), distance in overlaps.items():
        a, b = known[out], known[given]
        both = max(b.size + (distance or 0), a.size)
        for step in range(max(a.first, b.first), min(a.last, b.last) + 1):
            at = saved.setdefault(step, {})
            at[out] = min(at.get(out, 0) + max(a.size + b.size - both, 0), a.size)
    return saved


def _neighbours(buffers: list[Buffer], overlaps: Overlaps):
    """key -> [(other key, lowest, highest), ...]: with the other at offset o, the buffer's own offset must not lie
    strictly between o + lowest and o + highest."""
    table = {b.key: [] for b in buffers}
    for a in buffers:
        for b in buffers:
            if a.key == b.key or a.last < b.first or b.last < a.first:
                continue
            lowest, highest = -a.size, b.size
            here = overlaps.get((a.key, b.key), a.size)  # a is made from b
            there = overlaps.get((b.key, a.key), b.size)
            if here is None or there is None:  # either side is barred, the same start is not
                table[a.key] += [(b.key, lowest, 0), (b.key, 0, highest)]
            else:
                table[a.key].append((b.key, -min(here, a.size), min(there, b.size)))
    return table


def _first_fit(
    order: Sequence[Buffer], neighbours, most: int = sys.maxsize, placed_first: dict[int, int] | None = None
) -> tuple[dict[int, int], int] | None:
    """Each buffer at the lowest offset that its placed neighbours leave, and how much that takes; None where it is more
    than `most`. `placed_first`: the offsets of the first ones of the order, where they are known."""
    offsets = {} if placed_first is None else placed_first
    known = len(offsets)
    peak = max((offsets[b.key] + b.size for b in order[:known]), default=0)
    if peak > most:
        return None
    for buffer in order[known:]:
        taken = [
            (placed + lowest, placed + highest)
            for other, lowest, highest in neighbours[buffer.key]
            if (placed := offsets.get(other)) is not None
        ]
        taken.sort()
        at = 0
        for low, high in taken:
            if low < at < high:
                at = high
        offsets[buffer.key] = at
        peak = max(peak, at + buffer.size)
        if peak > most:
            return None
    return offsets, peak
