"""Names beside the dots of a plot, so that none covers another, a dot or the bar of one, nor the line where there is
room."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

WIDE, HIGH = 0.62, 1.25  # of a letter, in sizes of the type: DejaVu Sans, the widest of the page's fonts
NEAR = 6.0  # points between a dot and its name
STEPS = (1, 1.7, 2.5, 3.5, 4.6, 6, 7.5, 9)  # how many times as far a name may go, the nearest first
WAYS = [math.radians(angle) for angle in (20, -20, 160, -160, 90, -90, 50, -50, 130, -130)]
THICK = 3.0  # points of a line that a name keeps clear of
FAR = 12.0  # points from which on a line says whose name it is

Box = tuple[float, float, float, float]  # left, bottom, right, top, in points
Point = tuple[float, float]
Offer = tuple[Box, Point, str]  # a place for a name: what it covers, its offset from the point, how it is aligned


def place(
    axes, names: Mapping[Point, str], bars: Sequence[tuple[float, float, float]], size: float, colour: str,
    lines: Sequence[Sequence[Point]] = (),
) -> None:  # fmt: skip
    """Writes each name near its point of `axes`, whose limits are final. `bars` are (x, low, high) of what is drawn,
    `lines` go through their points."""
    taken = [_around(axes, x, low, high) for x, low, high in bars]
    taken += [box for line in lines for box in _along(axes, line)]
    inside = _points(
        axes, np.array([[axes.get_xlim()[0], axes.get_ylim()[0]], [axes.get_xlim()[1], axes.get_ylim()[1]]])
    )
    for point, name in sorted(names.items(), key=lambda one: (-one[0][1], one[0][0])):
        at = _points(axes, np.array([point]))[0]
        box, shift, aligned = _best(list(_candidates(at, name, size)), taken, tuple(inside.ravel()))
        taken.append(box)
        line = {"arrowstyle": "-", "color": colour, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3}
        axes.annotate(
            name, point, shift, textcoords="offset points", size=size, color=colour, ha=aligned, va="center",
            arrowprops=line if _gap(box, at) > FAR else None,
        )  # fmt: skip


def _points(axes, values: np.ndarray) -> np.ndarray:
    """Of data, in points of the picture."""
    return axes.transData.transform(values) * 72 / axes.figure.dpi


def _around(axes, x: float, low: float, high: float) -> Box:
    (left, bottom), (right, top) = _points(axes, np.array([[x, low], [x, high]]))
    return left - 3, bottom - 3, right + 3, top + 3


def _along(axes, line: Sequence[Point]) -> list[Box]:
    """Boxes side by side that cover a line."""
    corners = _points(axes, np.array(line)) if line else np.empty((0, 2))
    made = []
    for start, end in itertools.pairwise(corners):
        count = max(1, round(math.dist(start, end) / THICK))
        middles = start + (end - start) * ((np.arange(count) + 0.5) / count)[:, None]
        made += [(x - THICK / 2, y - THICK / 2, x + THICK / 2, y + THICK / 2) for x, y in middles]
    return made


def _candidates(at: np.ndarray, name: str, size: float) -> Iterator[Offer]:
    """Places round the point, the best liked first."""
    width, height = WIDE * size * len(name), HIGH * size
    for step, way in itertools.product(STEPS, WAYS):
        across, up = math.cos(way), math.sin(way)
        aligned = "left" if across > 0.2 else "right" if across < -0.2 else "center"
        x, y = across * NEAR * step, up * (NEAR * step + (height / 2 if aligned == "center" else 0))
        left = at[0] + x - {"left": 0.0, "right": width, "center": width / 2}[aligned]
        middle = at[1] + y
        yield (left, middle - height / 2, left + width, middle + height / 2), (x, y), aligned


def _best(offered: list[Offer], taken: list[Box], inside: Box) -> Offer:
    """The first that covers nothing, or else the one that covers least."""

    def covered(one: Offer) -> float:
        box = one[0]
        width, height = box[2] - box[0], box[3] - box[1]
        return sum(shared(box, other) for other in taken) + 3 * (width * height - shared(box, inside))

    return min(offered, key=covered)


def shared(one: Box, other: Box) -> float:
    """The area that two boxes share."""
    width, height = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)


def _gap(box: Box, at: np.ndarray) -> float:
    """From a point to the nearest edge of a box."""
    across = max(box[0] - at[0], 0.0, at[0] - box[2])
    return math.hypot(across, max(box[1] - at[1], 0.0, at[1] - box[3]))
