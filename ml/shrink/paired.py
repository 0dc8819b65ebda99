"""How two variants differ on the same items, over the same seeds."""

from dataclasses import dataclass

import numpy as np

DRAWS = 2000


@dataclass(frozen=True)
class Difference:
    """Of two accuracies, in points."""

    points: float
    low: float  # of the 95 % interval
    high: float

    @property
    def is_noise(self) -> bool:
        return self.low <= 0 <= self.high


def difference(right: np.ndarray, other: np.ndarray) -> Difference:
    """`right` less `other`, bool (seeds, items) each: mean, and the interval of a bootstrap that draws both the seeds
    and the items anew (B. Efron, R. J. Tibshirani, An Introduction to the Bootstrap, 1993, ch. 8 and 13). An item is
    judged by both, so what is hard for both cancels out.

    Items of one person are alike; with few people held out the interval is too narrow for the next person.
    """
    change = right.astype(np.int8) - other.astype(np.int8)
    rng = np.random.default_rng(0)
    seeds, items = change.shape
    drawn = np.empty(DRAWS)
    for number in range(DRAWS):
        some = change[rng.integers(0, seeds, seeds)].sum(axis=0, dtype=np.int32)
        drawn[number] = some[rng.integers(0, items, items)].sum()
    low, high = np.quantile(drawn / (seeds * items), [0.025, 0.975])
    return Difference(*(round(100 * float(one), 3) for one in (change.mean(), low, high)))
