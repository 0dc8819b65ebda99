"""Makes rows from two sides: how much a figure changed, whether beyond the noise, and whether it is a regression."""

from collections.abc import Mapping
from dataclasses import dataclass

from ml.compare.figures import FIGURES, Figure, Found, Processor, Value
from ml.compare.statistics import LEVEL, difference, p_value
from ml.evaluate.intervals import short
from ml.evaluate.record import Rate, Share


@dataclass(frozen=True)
class Change:
    """From one value to another. `size` is in points for shares, an hour for rates, else in the figure's unit."""

    size: float
    text: str
    beyond: bool  # the noise; exact figures have none
    percent: float | None = None  # of the base; None for counts


@dataclass(frozen=True)
class Row:
    application: str
    figure: Figure
    base: Value | None
    head: Value | None
    change: Change | None  # None: one side does not say
    verdict: str  # "", "better", "worse", "regression"


def rows(application: str, base: Found, head: Found, board: Processor, tolerance: Mapping[str, float]) -> list[Row]:
    """A row for each figure that a side knows."""
    before, after = base.values(board), head.values(board)
    return [
        _row(application, figure, before.get(figure.key), after.get(figure.key), tolerance.get(figure.key))
        for figure in FIGURES
        if figure.key in before or figure.key in after
    ]


def _row(application: str, figure: Figure, base: Value | None, head: Value | None, tolerance: float | None) -> Row:
    if base is None or head is None:
        return Row(application, figure, base, head, None, "")
    changed = change(base, head)
    return Row(application, figure, base, head, changed, verdict(figure, changed, tolerance))


def change(base: Value, head: Value) -> Change:
    if base == head:
        return Change(0, "0", False)
    if isinstance(base, Share) and isinstance(head, Share):
        return _of_shares(base, head)
    if isinstance(base, Rate) and isinstance(head, Rate):
        return _of_rates(base, head)
    if isinstance(base, (int, float)) and isinstance(head, (int, float)):
        return _exact(base, head)
    raise TypeError(f"expected two values of one kind, found {base!r} and {head!r}")


def _of_shares(base: Share, head: Share) -> Change:
    low, high = (100 * limit for limit in difference(base, head))
    if not base.total or not head.total:
        return Change(0, "nothing to compare", False)
    points = 100 * (head.right / head.total - base.right / base.total)
    return Change(points, f"{points:+.1f} points (95 % {low:+.1f} to {high:+.1f})", low > 0 or high < 0)


def _of_rates(base: Rate, head: Rate) -> Change:
    if not base.hours or not head.hours:
        return Change(0, "nothing to compare", False)
    by, p = head.count / head.hours - base.count / base.hours, p_value(base, head)
    return Change(by, f"{signed(by)} (p {p:.2f})" if p >= 0.01 else f"{signed(by)} (p {p:.1g})", p < LEVEL)


def _exact(base: float, head: float) -> Change:
    by = head - base
    percent = 100 * by / base if base else float("inf") if by > 0 else float("-inf")
    return Change(by, f"{signed(by)} ({percent:+.1f} %)", True, percent)


def signed(value: float) -> str:
    if isinstance(value, int):
        return f"{value:+,}"
    return f"{'+' if value >= 0 else '-'}{short(abs(value))}"


def verdict(figure: Figure, changed: Change, tolerance: float | None) -> str:
    """Counts regress where they are worse beyond the noise, exact figures where they are worse than is tolerated."""
    if not changed.beyond:
        return ""
    if (changed.size > 0) == figure.more_is_better:
        return "better"
    if changed.percent is None:
        return "regression"
    return "regression" if tolerance is not None and abs(changed.percent) > tolerance else "worse"
