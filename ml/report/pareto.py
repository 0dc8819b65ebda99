"""Accuracy against cost, a dot for each variant of a model: SVG text, the same bytes for the same figures."""

from collections.abc import Sequence
from dataclasses import dataclass

from ml.report.labels import place
from ml.report.plots import BLUE, GREEN, GRID, RED, SOFT, _figure, _svg

TYPE = 7.5  # of the names


@dataclass(frozen=True)
class Dot:
    """A variant: what it costs, how good it is, both in the unit of the axes."""

    name: str
    cost: float
    good: float
    low: float  # of the interval of `good`
    high: float
    url: str = ""  # where a click on it leads


def pareto(dots: Sequence[Dot], cost: str, good: str, limit: float | None = None, floor: float | None = None) -> str:
    """`cost` and `good` name the axes; the line joins what nothing else beats at that cost; `limit` and `floor` are
    what a user allows."""
    with _figure(6.4, 4.4) as (figure, axes):
        best = front(dots)
        for dot in dots:
            colour = BLUE if dot in best else SOFT
            spread = [[max(0.0, dot.good - dot.low)], [max(0.0, dot.high - dot.good)]]
            drawn = axes.errorbar(
                dot.cost, dot.good, yerr=spread, color=colour, marker="o", markersize=4, capsize=2, elinewidth=0.8
            )
            if dot.url:
                drawn[0].set_url(dot.url)
        axes.plot([dot.cost for dot in best], [dot.good for dot in best], color=BLUE, linewidth=1, alpha=0.6)
        if limit is not None:
            axes.axvline(limit, color=RED, linewidth=1, linestyle="--")
        if floor is not None:
            axes.axhline(floor, color=GREEN, linewidth=1, linestyle="--")
        axes.margins(y=0.15)
        widest = max([dot.cost for dot in dots] + [limit or 0.0])
        right = 1.25 * widest or 1.0  # room for the last name
        axes.set(xlabel=cost, ylabel=good, xlim=(0 if all(dot.cost for dot in dots) else -0.02 * right, right))
        axes.grid(color=GRID)
        figure.draw_without_rendering()  # settles the layout, in which the names find their places
        bars = [(dot.cost, dot.low, dot.high) for dot in dots]
        lines = [[(dot.cost, dot.good) for dot in best]]
        lines += [[(limit, end) for end in axes.get_ylim()]] if limit is not None else []
        lines += [[(end, floor) for end in axes.get_xlim()]] if floor is not None else []
        place(axes, _together(dots), bars, TYPE, SOFT, lines)
        return _svg(figure)


def front(dots: Sequence[Dot]) -> list[Dot]:
    """Those that no cheaper one equals, the cheapest first."""
    made: list[Dot] = []
    for dot in sorted(dots, key=lambda one: (one.cost, -one.good)):
        if not made or dot.good > made[-1].good:
            made.append(dot)
    return made


def _together(dots: Sequence[Dot]) -> dict[tuple[float, float], str]:
    """Where a name stands; those of one place side by side."""
    made: dict[tuple[float, float], list[str]] = {}
    for dot in dots:
        made.setdefault((dot.cost, dot.good), []).append(dot.name)
    return {at: ", ".join(names) for at, names in made.items()}
