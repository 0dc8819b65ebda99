"""Bars side by side, as SVG text: a group for each name, a colour for each series."""

from collections.abc import Mapping, Sequence

import numpy as np

from ml.report.plots import BLUE, GREEN, ORANGE, _figure, _svg

WIDTH = 0.8  # of a group


def bars(names: Sequence[str], series: Mapping[str, Sequence[float]], quantity: str) -> str:
    """`series`: what a colour stands for -> a value for each name; `quantity` says of what, with its unit."""
    with _figure(max(5.0, 1.0 + 0.6 * len(names)), 3.2) as (figure, axes):
        height = WIDTH / max(1, len(series))
        for number, (label, values) in enumerate(series.items()):
            at = np.arange(len(names)) + (number - (len(series) - 1) / 2) * height
            axes.bar(at, values, height, label=label, color=(BLUE, ORANGE, GREEN)[number % 3])
        axes.set_xticks(range(len(names)), names, rotation=30, ha="right", rotation_mode="anchor")
        axes.set(ylabel=quantity)
        axes.grid(visible=False, axis="x")
        axes.legend()
        return _svg(figure)
