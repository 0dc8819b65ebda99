"""A forest's soft votes in few bits: rounded so that every given row keeps scikit-learn's answer.

Rounding to the nearest changes the answer of a few rows whose best two classes are nearly even. For these rows single
parts are moved from one class to another in a leaf that they reach, where that rounds least badly (the idea of rounding
that adapts to data: Nagel et al., "Up or down?", ICML 2020). Rows that are not given may still differ where they are
nearly even: with 4 bits about two in a thousand, with 16 none that was seen (docs/classical.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

MOVES = 400  # of a part, before more bits are taken
GIVEN_UP = 3  # parts of a class, at most


@dataclass(frozen=True)
class Votes:
    """Of the trees of a forest."""

    shares: list[np.ndarray]  # (nodes, classes) of each tree: how its examples are spread
    reached: np.ndarray  # int (rows, trees): the leaf of each row
    wanted: np.ndarray  # int (rows,): the forest's answer

    def rounded(self, widths: Sequence[int]) -> tuple[int, list[np.ndarray]]:
        """The first of the widths in bits that keeps all answers, else the last; and int (nodes, classes) of each tree,
        which sum to 2^bits."""
        bits, parts = 0, []
        for bits in widths:
            exact = [shares / shares.sum(1, keepdims=True) * 2**bits for shares in self.shares]
            parts = [np.stack([_largest_remainders(row, 2**bits) for row in of]) for of in exact]
            if self._repaired(parts, exact):
                break
        return bits, parts

    def shrunk(self, parts: list[np.ndarray]) -> list[np.ndarray]:
        """The same with fewer entries: a class that has few parts of a leaf gives them to the leaf's first class where
        no answer changes."""
        parts = [of.copy() for of in parts]
        scores = self._scores(parts)
        for most in range(1, GIVEN_UP + 1):
            for tree, of in enumerate(parts):
                for leaf in np.unique(self.reached[:, tree]):
                    self._give_up(of[leaf], most, scores, self.reached[:, tree] == leaf)
        return parts

    def _give_up(self, parts: np.ndarray, most: int, scores: np.ndarray, here: np.ndarray) -> None:
        first = parts.argmax()
        for class_id in np.flatnonzero((parts > 0) & (parts <= most)):
            if class_id == first:
                continue
            tried = scores[here]
            tried[:, class_id] -= parts[class_id]
            tried[:, first] += parts[class_id]
            if np.array_equal(tried.argmax(1), self.wanted[here]):
                scores[here] = tried
                parts[first] += parts[class_id]
                parts[class_id] = 0

    def _scores(self, parts: list[np.ndarray]) -> np.ndarray:
        return np.sum([of[leaf] for of, leaf in zip(parts, self.reached.T, strict=True)], axis=0)

    def _repaired(self, parts: list[np.ndarray], exact: list[np.ndarray]) -> bool:
        """Changes parts in place until no answer differs; False when that does not come to an end."""
        scores = self._scores(parts)
        for _ in range(MOVES):
            wrong = np.flatnonzero(scores.argmax(1) != self.wanted)
            if not len(wrong):
                return True
            if len(wrong) > MOVES or not self._move(int(wrong[0]), parts, exact, scores):
                return False
        return False

    def _move(self, row: int, parts: list[np.ndarray], exact: list[np.ndarray], scores: np.ndarray) -> bool:
        """One part, from the class that this row got to the one that it should have."""
        to, off = int(self.wanted[row]), int(scores[row].argmax())
        places = [(tree, int(leaf)) for tree, leaf in enumerate(self.reached[row]) if parts[tree][leaf, off] > 0]
        if not places:
            return False

        def harm(place: tuple[int, int]) -> float:
            over = parts[place[0]][place[1]] - exact[place[0]][place[1]]
            return float(over[to] - over[off])

        tree, leaf = min(places, key=harm)
        here = self.reached[:, tree] == leaf
        for class_id, step in ((to, 1), (off, -1)):
            parts[tree][leaf, class_id] += step
            scores[here, class_id] += step
        return True


def _largest_remainders(exact: np.ndarray, total: int) -> np.ndarray:
    parts = np.floor(exact + 1e-9).astype(np.int64)
    for at in np.argsort(parts - exact, kind="stable")[: total - parts.sum()]:
        parts[at] += 1
    return parts
