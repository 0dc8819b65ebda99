"""95 % confidence intervals of a share, a rate and a quantile; exact where that is possible.

All hold for independent trials. Repetitions of one person, or words of one speaker, are alike: figures by subject say
more about the next one than the interval over all trials does.
"""

import functools
import math
from collections.abc import Callable, Sequence

import numpy as np

TAIL = 0.025  # on each side


def wilson(right: int, total: int, z: float = 1.959964) -> tuple[float, float]:
    """Of a share (E. B. Wilson, JASA 22, 1927). (0, 1) when nothing was counted."""
    if total == 0:
        return 0.0, 1.0
    share = right / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def garwood(count: int, exposure: float) -> tuple[float, float]:
    """Of a rate: `count` events in `exposure` hours (or whatever), exact (F. Garwood, Biometrika 28, 1936).

    With no event it still says how many there may be: 3.69 / exposure. (0, inf) without exposure.
    """
    if exposure <= 0:
        return 0.0, math.inf
    lower, upper = _poisson_mean(count)
    return lower / exposure, upper / exposure


def short(value: float) -> str:
    """Three digits that matter, for people; never an exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}" if value >= 1e-3 else f"{value:.1g}" if value else "0"


@functools.cache
def _poisson_mean(count: int) -> tuple[float, float]:
    """Of the mean of a Poisson variable that was `count`."""
    most = count + 10 + 6 * math.sqrt(count + 1)
    upper = _root(lambda mean: TAIL - _poisson_up_to(count, mean), 0.0, most)
    lower = _root(lambda mean: (1 - TAIL) - _poisson_up_to(count - 1, mean), 0.0, most) if count else 0.0
    return lower, upper


def _poisson_up_to(count: int, mean: float) -> float:
    """P(X <= count)."""
    if mean <= 0:
        return 1.0
    numbers = np.arange(count + 1)
    factorials = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, count + 1)))])
    return float(np.exp(numbers * math.log(mean) - mean - factorials).sum())


def _root(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function passes 0, by halving."""
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return (low + high) / 2


def quantile(values: Sequence[float], share: float) -> tuple[float | None, float | None, float | None]:
    """A quantile and the order statistics around it that hold it with 95 % (W. J. Conover, Practical Nonparametric
    Statistics, 3.2): no assumption about the distribution. None on the side where there are too few values to tell:
    the median needs 6, the 95th percentile 72 for its upper side.
    """
    if not values:
        return None, None, None
    ordered = sorted(values)
    below = binomial_up_to(len(ordered), share)
    low = next((rank for rank in range(len(ordered), 0, -1) if below[rank - 1] <= TAIL), None)
    high = next((rank for rank in range(1, len(ordered) + 1) if below[rank - 1] >= 1 - TAIL), None)
    value = float(np.quantile(ordered, share))
    return value, ordered[low - 1] if low else None, ordered[high - 1] if high else None


def binomial_up_to(count: int, share: float) -> np.ndarray:
    """P(X <= k) for k = 0 .. count of a binomial variable; 0 < share < 1."""
    factorials = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, count + 1)))])
    k = np.arange(count + 1)
    logs = factorials[count] - factorials[k] - factorials[count - k]
    return np.cumsum(np.exp(logs + k * math.log(share) + (count - k) * math.log1p(-share)))
