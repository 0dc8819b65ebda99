"""Confidence intervals of the change between two logs: a block bootstrap of quantiles.

Windows that follow each other overlap, share a gate and share interrupts: they are no independent trials. So blocks of
neighbours are drawn, the log taken as a circle (D. N. Politis, J. P. Romano, A circular block-resampling procedure for
stationary data, 1992). That this holds for quantiles: S. Sun, S. N. Lahiri, Bootstrapping the sample quantile of a
weakly dependent sequence, Sankhya 68, 2006. The length of a block follows from the log itself (D. N. Politis, H. White,
Econometric Reviews 23, 2004, corrected by A. Patton, D. N. Politis, H. White, ibid. 28, 2009), applied to what decides
a quantile: whether a value is above it.
"""

import math
from dataclasses import dataclass

import numpy as np

DRAWN = 40_000_000  # values drawn for a log and stage, which bounds the time
LEAST_RESAMPLES, MOST_RESAMPLES = 2000, 5000
AT_ONCE = 4_000_000  # values in memory
TAIL = 0.025


@dataclass(frozen=True)
class Dependence:
    """Of neighbours in a log."""

    block: int  # neighbours that are drawn together
    effective: float  # independent values that tell as much about the quantile


def dependence(values: np.ndarray, share: float) -> Dependence:
    above = (values > np.quantile(values, share)).astype(float)
    count = len(above)
    most = max(1, math.ceil(min(3 * math.sqrt(count), count / 3)))
    if above.std() == 0 or count < 10:
        return Dependence(1, count)
    covariance = _autocovariance(above)
    reach = min(2 * _last_correlated(covariance / covariance[0], count), len(covariance) - 1)
    lags = np.arange(1, reach + 1)
    weights = np.minimum(1, 2 * (1 - lags / max(reach, 1))) * covariance[lags]
    spectrum, slope = covariance[0] + 2 * weights.sum(), 2 * (weights * lags).sum()
    if spectrum <= 0:  # neighbours that make up for each other, such as hops of two kinds in turn
        return Dependence(most, count)
    length = (2 * slope**2 / (4 / 3 * spectrum**2)) ** (1 / 3) * count ** (1 / 3)
    return Dependence(min(most, max(1, math.ceil(length))), count / max(1.0, spectrum / covariance[0]))


def _autocovariance(values: np.ndarray) -> np.ndarray:
    """At lags 0 .. sqrt(n) + what is looked at beyond."""
    count = len(values)
    lags = min(count - 1, math.ceil(math.sqrt(count)) + _looked_at(count))
    centred = values - values.mean()
    return np.array([centred[lag:] @ centred[: count - lag] for lag in range(lags + 1)]) / count


def _looked_at(count: int) -> int:
    return max(5, math.ceil(math.sqrt(math.log10(count))))


def _last_correlated(correlation: np.ndarray, count: int) -> int:
    """The first lag after which so many in a row tell nothing."""
    bound, run = 2 * math.sqrt(math.log10(count) / count), _looked_at(count)
    quiet = np.abs(correlation[1:]) < bound
    for lag in range(len(quiet) - run + 1):
        if quiet[lag : lag + run].all():
            return max(lag, 1)
    return max(1, len(quiet) - run)


def enough(effective: float, share: float) -> bool:
    """Whether so many values have one beyond the quantile with 97.5 %: 6 for a median, 72 for p95, 368 for p99."""
    return effective >= needed(share)


def needed(share: float) -> int:
    return math.ceil(math.log(TAIL) / math.log(max(share, 1 - share)))


def quantiles(values: np.ndarray, shares: list[float], block: int, seed: int) -> np.ndarray:
    """(resamples, shares): of logs that might as well have been measured. The same seed draws the same windows."""
    random, count = np.random.default_rng(seed), len(values)
    if np.ptp(values) == 0:
        return np.full((1, len(shares)), float(values[0]))
    resamples = min(MOST_RESAMPLES, max(LEAST_RESAMPLES, DRAWN // count))
    circle = np.concatenate([values, values[: block - 1]]).astype(float)
    stretches, found = np.lib.stride_tricks.sliding_window_view(circle, block), []
    for first in range(0, resamples, step := max(1, AT_ONCE // count)):
        size = min(step, resamples - first)
        starts = random.integers(0, count, (size, math.ceil(count / block)))
        found.append(_of_each(stretches[starts].reshape(size, -1)[:, :count], shares))
    return np.concatenate(found)


def _of_each(drawn: np.ndarray, shares: list[float]) -> np.ndarray:
    """As np.quantile(drawn, shares, axis=1), whose selection takes ten times as long as sorting."""
    ordered = np.sort(drawn, axis=1)
    place = np.array(shares) * (ordered.shape[1] - 1)
    below = place.astype(int)
    above = np.minimum(below + 1, ordered.shape[1] - 1)
    return ordered[:, below] + (ordered[:, above] - ordered[:, below]) * (place - below)


def interval(old: np.ndarray, new: np.ndarray, level: float) -> tuple[float, float]:
    """Interval of the change `new / old - 1`, from the resampled quantiles of two logs (percentile method).

    A log has a single quantile where all its values are the same.
    """
    count = max(len(old), len(new)) if min(len(old), len(new)) == 1 else min(len(old), len(new))
    change = ratio(*(each if len(each) == 1 else each[:count] for each in (old, new)))
    low, high = np.quantile(change, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return float(low), float(high)


def ratio(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Change of each, inf where something has come of nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(old == new, 0.0, np.where(old > 0, new / old - 1, np.inf))
