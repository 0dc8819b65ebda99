"""Tests whether two counts differ by more than chance, two-sided at 95 %.

Both methods take the two sides as independent. Two models judged by the same recordings are not: their difference is
then surer than is said here, so that what is called beyond the noise is, and a little within it may be real.
"""

import math

from ml.evaluate.intervals import binomial_up_to, wilson
from ml.evaluate.record import Rate, Share

LEVEL = 0.05  # of a p-value; the intervals are those of 95 %
METHODS = (
    "shares: Newcombe's interval of the difference (Statistics in Medicine 17, 1998, method 10)",
    "rates: exact conditional test (Przyborowski and Wilenski, Biometrika 31, 1940), the smaller tail doubled",
)


def difference(base: Share, head: Share) -> tuple[float, float]:
    """95 % interval of the share of `head` less that of `base`; (-1, 1) where one side counted nothing."""
    if not base.total or not head.total:
        return -1.0, 1.0
    before, after = base.right / base.total, head.right / head.total
    (low_before, high_before), (low_after, high_after) = wilson(base.right, base.total), wilson(head.right, head.total)
    below = math.hypot(after - low_after, high_before - before)
    above = math.hypot(high_after - after, before - low_before)
    return max(-1.0, after - before - below), min(1.0, after - before + above)


def p_value(base: Rate, head: Rate) -> float:
    """Of two Poisson counts: how often chance alone sets them apart as far when both rates are one and the same.

    Given their sum, one of the counts is binomial with the share of its hours. 1 where there is nothing to compare.
    """
    total, hours = base.count + head.count, base.hours + head.hours
    if not total or not base.hours or not head.hours:
        return 1.0
    below = binomial_up_to(total, head.hours / hours)
    at_most = float(below[head.count])
    at_least = 1 - float(below[head.count - 1]) if head.count else 1.0
    return min(1.0, max(0.0, 2 * min(at_most, at_least)))
