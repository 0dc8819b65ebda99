"""Compares recordings with their nearest neighbours: finds duplicates, and recordings that look like another label.

A wrong label shows when what a recording resembles agrees on another one. That says something only where labels can be
told apart so, which is measured: the share of recordings whose neighbours vote for their own label.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np

NEIGHBOURS = 8
AGREE = 0.75  # of them on one other label, and none of the own
LEAST = 0.7  # share of recordings whose neighbours are right; below it nothing is said about the others
FEW = 4  # recordings of a label; fewer have no neighbours to speak for them
CHUNK = 512
LARGEST = 20_000  # recordings; of more a sample, since all pairs are compared


@dataclass(frozen=True)
class Outlier:
    """A recording that looks like another label."""

    index: int
    looks_like: str
    votes: int  # of NEIGHBOURS


def nearest(described: np.ndarray, count: int) -> np.ndarray:
    """int (n, count): the most similar others of each row of float (n, d), the nearest first."""
    squares = (described**2).sum(1)
    found = []
    for start in range(0, len(described), CHUNK):
        rows = described[start : start + CHUNK]
        distance = squares[None] - 2 * rows @ described.T
        distance[np.arange(len(rows)), start + np.arange(len(rows))] = np.inf
        some = np.argpartition(distance, min(count, len(described) - 1) - 1, axis=1)[:, :count]
        order = np.take_along_axis(distance, some, axis=1).argsort(1, kind="stable")
        found.append(np.take_along_axis(some, order, axis=1))
    return np.concatenate(found)


def outliers(described: np.ndarray, labels: list[str]) -> tuple[list[Outlier], float | None]:
    """Recordings whose neighbours agree on another label, and the share whose neighbours vote for their own.

    Nothing is found where that share is below LEAST; None: one label, or too few recordings to compare.
    """
    if len(set(labels)) < 2 or len(labels) <= NEIGHBOURS:
        return [], None
    often = Counter(labels)
    found, right = [], 0
    for index, others in enumerate(nearest(described, NEIGHBOURS)):
        votes = Counter(labels[other] for other in others)
        looks_like, most = votes.most_common(1)[0]
        right += votes[labels[index]] == most
        if not votes[labels[index]] and most >= AGREE * NEIGHBOURS and often[labels[index]] >= FEW:
            found.append(Outlier(index, looks_like, most))
    share = right / len(labels)
    return (found if share >= LEAST else []), share
